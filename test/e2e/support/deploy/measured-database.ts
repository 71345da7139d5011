import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { applyStack } from "../../../../operate/deploy/apply";
import { bootstrapMarkerName } from "../../../../components/protocol/names";
import type { ApiObject, Kubectl } from "../../../../operate/kube/kubectl";
import type { Volume } from "../../../../operate/kube/objects";
import { waitUntilHealthy } from "../../../../operate/status/readiness";
import { type RenderedStack, renderStack } from "../../../../operate/deploy/rendered-stack";
import type { Guarantee, MeasuredEngine } from "../engines/engine";
import { killServer, wipeVolume } from "../faults/faults";
import { NAMESPACE_PREFIX } from "../cluster/namespaces";
import { inServer, type Scene, sceneOf } from "../faults/scene";

/** Where the measured database runs, and of what it is made. */
export interface Setup {
  /** Nodes of the cluster. */
  nodes: string[];
  /** Storage class; {@link LOCAL} makes local volumes on the nodes. */
  storageClass: string;
  /** The version that the cluster has, and its images; those that it lacks are the stack's defaults. */
  database: { version?: string; image?: string; agentImage?: string };
  toolsImage: string;
  /** Names what is made for it in the cluster. @default failures */
  purpose?: string;
  /** Arguments of the database in the stack file, over those that measured ones have. */
  args?: Record<string, unknown>;
  /** Arguments of a database of one member that reads from it. @default none does */
  follower?: (first: { name: string; namespace: string }) => Record<string, unknown>;
  /** What else is to be in its namespace before it is deployed. */
  beside?: (namespace: string) => object[];
}

/** The class of local volumes that the stack itself makes. */
export const LOCAL = "local";

/** Names of what is made in the cluster. */
function namesFor({ purpose = "failures" }: Pick<Setup, "purpose">) {
  const namespace = `${NAMESPACE_PREFIX}${purpose}`;
  return {
    namespace,
    storageNamespace: `${namespace}-storage`,
    localClass: `${purpose}-local`,
    path: `/mnt/${purpose}`,
  };
}

/** A database that is there to be broken. */
export class MeasuredDatabase {
  private stack: RenderedStack | undefined;
  private changes: Readonly<Record<string, unknown>>;
  private readonly directory = mkdtempSync(join(tmpdir(), "failures-"));
  /** A name of its own: what an earlier database left on the nodes' disks is not found again. */
  readonly name: string;

  private constructor(
    readonly kubectl: Kubectl,
    readonly engine: MeasuredEngine,
    private readonly setup: Setup,
    private readonly without: Guarantee | undefined,
  ) {
    this.name = `${engine.name}-${Date.now().toString(36)}`;
    this.changes = { ...setup.args };
  }

  /**
   * Deploys one with an empty disk, and waits until it is healthy.
   *
   * @param without a guarantee to switch off
   */
  static async deploy(
    kubectl: Kubectl,
    engine: MeasuredEngine,
    setup: Setup,
    without?: Guarantee,
  ): Promise<MeasuredDatabase> {
    await clear(kubectl, setup);
    const database = new MeasuredDatabase(kubectl, engine, setup, without);
    await database.apply();
    await database.healthy();
    return database;
  }

  /** Its arguments in the stack file. */
  get args(): Readonly<Record<string, unknown>> {
    return databaseArgs(this.engine, { ...this.setup, args: this.changes }, this.without);
  }

  /** Changes arguments in the stack file, as its owner would, and applies it. */
  async change(args: Record<string, unknown>): Promise<void> {
    this.changes = { ...this.changes, ...args };
    await this.apply();
  }

  private async apply(): Promise<void> {
    const { name, engine, without, directory } = this;
    const file = join(directory, "Pulumi.failures.yaml");
    const config = stackConfig(name, engine, { ...this.setup, args: this.changes }, without);
    writeFileSync(file, dump({ config }));
    const stack = await renderStack(file, {
      project: directory,
      secretsFile: join(directory, "secrets.json"),
    });
    for (const object of stack.objects) without?.adapt?.(object);
    this.stack = stack;
    const { beside } = this.setup;
    if (beside !== undefined) {
      const items = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namesFor(this.setup).namespace } },
        ...beside(namesFor(this.setup).namespace),
      ];
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      await this.kubectl.run(["apply", "--server-side", "--filename=-"], list);
    }
    await applyStack(this.kubectl, stack);
  }

  /** Identity of the cluster that runs. */
  async cluster(): Promise<string> {
    const { namespace } = namesFor(this.setup);
    const marker = await this.kubectl.get<ApiObject & { data?: Record<string, string> }>(
      "configmap",
      bootstrapMarkerName(this.name),
      namespace,
    );
    const { cluster } = JSON.parse(marker?.data?.["marker"] ?? "{}") as { cluster?: string };
    if (cluster === undefined) throw new Error(`${this.name} was never bootstrapped`);
    return cluster;
  }

  /**
   * Removes what is left of it, and restores it under its own name, as somebody does who has lost all of it.
   *
   * @param cluster - the one that it was
   * @param time - the moment that is wanted. @default all that is stored
   */
  async restore({ namespace, pods }: Scene, cluster: string, time: Date | undefined): Promise<void> {
    const { kubectl, name } = this;
    const inNamespace = ["-n", namespace, "--ignore-not-found"];
    await kubectl.run(["delete", "statefulset", name, ...inNamespace, "--cascade=orphan"]);
    await kubectl.run(["delete", "pod", ...pods, ...inNamespace, "--grace-period=0", "--force"]);
    const claims = pods.map((pod) => `data-${pod}`);
    await kubectl.run(["delete", "persistentvolumeclaim", ...claims, ...inNamespace, "--timeout=120s"]);
    const volumes = await kubectl.list<Volume>("persistentvolumes");
    const held = volumes.filter(
      ({ spec: { claimRef } }) => claimRef?.namespace === namespace && claims.includes(claimRef.name),
    );
    const names = held.map(({ metadata }) => metadata.name);
    if (names.length > 0) await kubectl.run(["delete", "persistentvolume", ...names, "--timeout=120s"]);
    await kubectl.run(["delete", "configmap", bootstrapMarkerName(name), ...inNamespace]);
    const moment = time === undefined ? {} : { time: time.toISOString() };
    await this.change({ restoreFrom: { database: name, cluster, ...moment } });
  }

  /** Waits until every replica is ready and there is a primary. */
  async healthy(timeoutSeconds = 600): Promise<void> {
    if (this.stack === undefined) throw new Error("it is not deployed");
    await waitUntilHealthy(this.kubectl, this.stack, { timeoutSeconds });
  }

  /** What a fault needs to know, as it is now. */
  async scene(): Promise<Scene> {
    return sceneOf(this.kubectl, this.engine, namesFor(this.setup).namespace, this.name);
  }

  private async wipe(name: string): Promise<void> {
    const { namespace } = namesFor(this.setup);
    const scene = await sceneOf(this.kubectl, this.engine, namespace, name).catch(() => undefined);
    if (scene === undefined) return;
    const line = `${wipeVolume(scene)}; ${killServer(scene)}`;
    await Promise.allSettled(scene.pods.map(async (pod) => inServer(scene, pod, line)));
  }

  /** Removes it with its data, on the nodes' disks too. */
  async remove(): Promise<void> {
    const names = [this.name, ...(this.setup.follower === undefined ? [] : [followerOf(this.name)])];
    for (const name of names) await this.wipe(name);
    await clear(this.kubectl, this.setup);
    rmSync(this.directory, { recursive: true });
  }
}

/** Name of the database that reads from a measured one. */
function followerOf(name: string): string {
  return `${name}-follower`;
}

/** Removes whatever was measured, also by an earlier try that was interrupted. */
async function clear(kubectl: Kubectl, setup: Setup): Promise<void> {
  const { namespace, storageNamespace, localClass } = namesFor(setup);
  const inNamespace = ["-n", namespace];
  const options = ["--ignore-not-found", "--timeout=180s"];
  // Without an orderly end, which would take its time, and with nobody who would start the pods again.
  await kubectl.run(["delete", "statefulsets", "--all", ...inNamespace, "--cascade=orphan"]);
  await kubectl.run(["delete", "pods", "--all", ...inNamespace, "--grace-period=0", "--force"]);
  await kubectl.run(["delete", "namespace", namespace, storageNamespace, ...options]);
  const volumes = await kubectl.list<Volume>("persistentvolumes");
  const ours = volumes.filter(({ spec }) => spec.claimRef?.namespace === namespace);
  const names = ours.map(({ metadata }) => metadata.name);
  if (names.length > 0) await kubectl.run(["delete", "persistentvolume", ...names, ...options]);
  await kubectl.run(["delete", "storageclass", localClass, ...options]);
}

/** The stack file's content. */
export function stackConfig(
  name: string,
  engine: MeasuredEngine,
  setup: Setup,
  without?: Guarantee,
): Record<string, unknown> {
  const { nodes, storageClass, toolsImage, follower } = setup;
  const { namespace, storageNamespace, localClass, path } = namesFor(setup);
  const local = {
    className: localClass,
    path,
    nodes,
    nodeStorageNamespace: storageNamespace,
    nodeStorageImage: toolsImage,
  };
  const existing = { className: storageClass, existing: true };
  const databases: Record<string, unknown> = { [name]: databaseArgs(engine, setup, without) };
  if (follower !== undefined) {
    const args = { replicas: 1, ...follower({ name, namespace }) };
    databases[followerOf(name)] = databaseArgs(engine, { ...setup, args });
  }
  return {
    "stateful:target": "bare-metal",
    "stateful:namespace": namespace,
    "stateful:storage": storageClass === LOCAL ? local : existing,
    "stateful:databases": databases,
  };
}

function databaseArgs(
  engine: MeasuredEngine,
  { database: own, args }: Pick<Setup, "database" | "args">,
  without?: Guarantee,
): Record<string, unknown> {
  return {
    engine: engine.name,
    version: engine.version,
    replicas: engine.replicas,
    storage: engine.leastStorage ?? "2Gi",
    resources: { cpu: "250m", memory: engine.leastMemory ?? "1Gi" },
    deletionProtection: false,
    ...engine.arguments,
    ...own,
    ...args,
    ...without?.database,
  };
}
