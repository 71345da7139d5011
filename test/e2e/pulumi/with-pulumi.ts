import { randomBytes } from "node:crypto";
import { clusterFacts, kubeconfig, kubectl } from "../support/cluster/cluster";
import { deleteNamespace, NAMESPACE_PREFIX } from "../support/cluster/namespaces";
import { deleteDirectories, type StorageKind, storageOf } from "../support/cluster/storage";
import type { MeasuredEngine } from "../support/engines/engine";
import { skip } from "../support/suites";
import { DeployedDatabase } from "./database";
import { findEngine, type InstalledEngine } from "../../../operate/deploy/installed-pulumi";
import { note, record } from "./outcome";
import { EngineProject } from "./project";
import { StackLife, type Surroundings } from "./stack-life";

/**
 * Gives a suite Pulumi's engine and a stack in a namespace of its own, and takes them away at the end. Where that engine
 * is not on the machine, the suite is skipped and says so.
 */
export function withEngine(storage: StorageKind, database: MeasuredEngine): () => StackLife {
  let life: StackLife | undefined;
  const engine = findEngine();

  before(async function () {
    if ("missing" in engine) {
      skip(this, `this machine lacks ${engine.missing.join(", ")}`);
    }
    life = new StackLife(await surroundings(storage, database, engine));
  });
  afterEach(function () {
    note(this.currentTest);
  });
  after(async () => {
    if (life === undefined || "missing" in engine) return;
    await record(life.surroundings.project.version, engine);
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
  engine: InstalledEngine,
): Promise<Surroundings> {
  const identity = await kubectl.get("namespace", "kube-system");
  const cluster = await clusterFacts();
  const namespace = `${NAMESPACE_PREFIX}engine-${randomBytes(3).toString("hex")}`;
  const { className, ...storage } = storageOf(kind, namespace, cluster);
  const used = className ?? cluster.dynamicClass?.metadata.name;
  return {
    project: await EngineProject.create(engine, kubeconfig),
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
