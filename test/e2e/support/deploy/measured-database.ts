import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { applyStack } from "../../../../operate/deploy/apply";
import type { Kubectl } from "../../../../operate/kube/kubectl";
import type { Volume } from "../../../../operate/kube/objects";
import { waitUntilHealthy } from "../../../../operate/status/readiness";
import { type RenderedStack, renderStack } from "../../../../operate/deploy/rendered-stack";
import type { MeasuredEngine, Promised } from "../engines/engine";
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
    private readonly without: Promised | undefined,
  ) {
    this.name = `${engine.name}-${Date.now().toString(36)}`;
    this.changes = { ...setup.args };
  }

  /**
   * Deploys one with an empty disk, and waits until it is healthy.
   *
   * @param without a promise to switch off
   */
  static async deploy(
    kubectl: Kubectl,
    engine: MeasuredEngine,
    setup: Setup,
    without?: Promised,
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
    await applyStack(this.kubectl, stack);
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

  /** Removes it with its data, on the nodes' disks too. */
  async remove(): Promise<void> {
    const scene = await this.scene().catch(() => undefined);
    if (scene !== undefined) {
      const line = `${wipeVolume(scene)}; ${killServer(scene)}`;
      await Promise.allSettled(scene.pods.map(async (pod) => inServer(scene, pod, line)));
    }
    await clear(this.kubectl, this.setup);
    rmSync(this.directory, { recursive: true });
  }
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
  without?: Promised,
): Record<string, unknown> {
  const { nodes, storageClass, toolsImage } = setup;
  const { namespace, storageNamespace, localClass, path } = namesFor(setup);
  const local = {
    className: localClass,
    path,
    nodes,
    nodeStorageNamespace: storageNamespace,
    nodeStorageImage: toolsImage,
  };
  const existing = { className: storageClass, existing: true };
  return {
    "stateful:target": "bare-metal",
    "stateful:namespace": namespace,
    "stateful:storage": storageClass === LOCAL ? local : existing,
    "stateful:databases": { [name]: databaseArgs(engine, setup, without) },
  };
}

function databaseArgs(
  engine: MeasuredEngine,
  { database: own, args }: Pick<Setup, "database" | "args">,
  without?: Promised,
): Record<string, unknown> {
  return {
    engine: engine.name,
    version: engine.version,
    replicas: engine.replicas,
    storage: "2Gi",
    resources: { cpu: "250m", memory: "1Gi" },
    deletionProtection: false,
    ...own,
    ...args,
    ...without?.database,
  };
}
