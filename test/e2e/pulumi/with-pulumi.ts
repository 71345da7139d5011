import { randomBytes } from "node:crypto";
import { clusterFacts, kubeconfig, kubectl } from "../support/cluster/cluster";
import { deleteNamespace, NAMESPACE_PREFIX } from "../support/cluster/namespaces";
import { deleteDirectories, type StorageKind, storageOf } from "../support/cluster/storage";
import type { MeasuredEngine } from "../support/engines/engine";
import { skip } from "../support/suites";
import { DeployedDatabase } from "./database";
import { findPulumi, type InstalledPulumi } from "../../../operate/deploy/installed-pulumi";
import { note, record } from "./outcome";
import { PulumiProject } from "./project";
import { StackLife, type Surroundings } from "./stack-life";

/**
 * Gives a suite Pulumi and a stack in a namespace of its own, and takes them away at the end. Where Pulumi
 * is not on the machine, the suite is skipped and says so.
 */
export function withPulumi(storage: StorageKind, database: MeasuredEngine): () => StackLife {
  let life: StackLife | undefined;
  const pulumi = findPulumi();

  before(async function () {
    if ("missing" in pulumi) {
      skip(this, `this machine lacks ${pulumi.missing.join(", ")}`);
    }
    life = new StackLife(await surroundings(storage, database, pulumi));
  });
  afterEach(function () {
    note(this.currentTest);
  });
  after(async () => {
    if (life === undefined || "missing" in pulumi) return;
    await record(life.surroundings.project.version, pulumi);
    await cleanUp(life.surroundings);
  });

  return () => {
    if (life === undefined) throw new Error("the suite has not begun");
    return life;
  };
}

async function surroundings(
  kind: StorageKind,
  database: MeasuredEngine,
  pulumi: InstalledPulumi,
): Promise<Surroundings> {
  const identity = await kubectl.get("namespace", "kube-system");
  const cluster = await clusterFacts();
  const namespace = `${NAMESPACE_PREFIX}pulumi-${randomBytes(3).toString("hex")}`;
  const { className, ...storage } = storageOf(kind, namespace, cluster);
  const used = className ?? cluster.dynamicClass?.metadata.name;
  return {
    project: await PulumiProject.create(pulumi, kubeconfig),
    database,
    cluster,
    clusterUid: identity?.metadata.uid ?? "",
    namespace,
    // Named, so that the stack knows whether its volumes can grow.
    storage: { ...storage, className: used, existing: kind === "dynamic" ? true : undefined },
    orders: new DeployedDatabase(kubectl, database, namespace, "orders"),
  };
}

/** Deletes what a stack keeps, and all of it where a test failed half-way. */
async function cleanUp({ project, namespace, storage }: Surroundings): Promise<void> {
  const { nodeStorageNamespace, className } = storage;
  await deleteNamespace(namespace);
  if (nodeStorageNamespace !== undefined) {
    await deleteDirectories(namespace, storage);
    await deleteNamespace(nodeStorageNamespace);
    const volumes = await kubectl.list("persistentvolumes");
    const own = volumes.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(namespace));
    await kubectl.run(["delete", "--ignore-not-found", "storageclass", className ?? ""]);
    if (own.length > 0) await kubectl.run(["delete", "--ignore-not-found", "persistentvolume", ...own]);
  }
  await project.remove();
}
