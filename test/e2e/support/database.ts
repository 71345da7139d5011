import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { applyStack } from "../../../operate/deploy";
import type { Kubectl } from "../../../operate/kubectl";
import type { Volume } from "../../../operate/objects";
import { waitUntilHealthy } from "../../../operate/readiness";
import { type RenderedStack, renderStack } from "../../../operate/rendered-stack";
import type { MeasuredEngine, Promised } from "./engines/engine";
import { killServer, wipeVolume } from "./faults";
import { NAMESPACE_PREFIX } from "./namespaces";
import { inServer, type Scene, sceneOf } from "./scene";

/** Where the measured database runs, and of what it is made. */
export interface Setup {
  /** Nodes of the cluster. */
  nodes: string[];
  /** Storage class; {@link LOCAL} makes local volumes on the nodes. */
  storageClass: string;
  /** The version that the cluster has, and its images; those that it lacks are the stack's defaults. */
  database: { version?: string; image?: string; agentImage?: string };
  toolsImage: string;
}

/** The class of local volumes that the stack itself makes. */
export const LOCAL = "local";

const NAMESPACE = `${NAMESPACE_PREFIX}failures`;
const STORAGE_NAMESPACE = `${NAMESPACE}-storage`;
const LOCAL_CLASS = "failures-local";
const PATH = "/mnt/failures";

/** A database that is there to be broken. */
export class MeasuredDatabase {
  private constructor(
    readonly kubectl: Kubectl,
    readonly engine: MeasuredEngine,
    readonly name: string,
    private readonly stack: RenderedStack,
    private readonly directory: string,
  ) {}

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
    await clear(kubectl);
    // A name of its own: what an earlier database left on the nodes' disks is not found again.
    const name = `${engine.name}-${Date.now().toString(36)}`;
    const directory = mkdtempSync(join(tmpdir(), "failures-"));
    const file = join(directory, "Pulumi.failures.yaml");
    writeFileSync(file, dump({ config: stackConfig(name, engine, setup, without) }));
    const stack = await renderStack(file, {
      project: directory,
      secretsFile: join(directory, "secrets.json"),
    });
    for (const object of stack.objects) without?.adapt?.(object);
    const database = new MeasuredDatabase(kubectl, engine, name, stack, directory);
    await applyStack(kubectl, stack);
    await database.healthy();
    return database;
  }

  /** Waits until every replica is ready and there is a primary. */
  async healthy(timeoutSeconds = 600): Promise<void> {
    await waitUntilHealthy(this.kubectl, this.stack, { timeoutSeconds });
  }

  /** What a fault needs to know, as it is now. */
  async scene(): Promise<Scene> {
    return sceneOf(this.kubectl, this.engine, NAMESPACE, this.name);
  }

  /** Removes it with its data, on the nodes' disks too. */
  async remove(): Promise<void> {
    const scene = await this.scene().catch(() => undefined);
    if (scene !== undefined) {
      const line = `${wipeVolume(scene)}; ${killServer(scene)}`;
      await Promise.allSettled(scene.pods.map(async (pod) => inServer(scene, pod, line)));
    }
    await clear(this.kubectl);
    rmSync(this.directory, { recursive: true });
  }
}

/** Removes whatever was measured, also by an earlier try that was interrupted. */
async function clear(kubectl: Kubectl): Promise<void> {
  const inNamespace = ["-n", NAMESPACE];
  const options = ["--ignore-not-found", "--timeout=180s"];
  // Without an orderly end, which would take its time, and with nobody who would start the pods again.
  await kubectl.run(["delete", "statefulsets", "--all", ...inNamespace, "--cascade=orphan"]);
  await kubectl.run(["delete", "pods", "--all", ...inNamespace, "--grace-period=0", "--force"]);
  await kubectl.run(["delete", "namespace", NAMESPACE, STORAGE_NAMESPACE, ...options]);
  const volumes = await kubectl.list<Volume>("persistentvolumes");
  const ours = volumes.filter(({ spec }) => spec.claimRef?.namespace === NAMESPACE);
  const names = ours.map(({ metadata }) => metadata.name);
  if (names.length > 0) await kubectl.run(["delete", "persistentvolume", ...names, ...options]);
  await kubectl.run(["delete", "storageclass", LOCAL_CLASS, ...options]);
}

/** The stack file's content. */
export function stackConfig(
  name: string,
  engine: MeasuredEngine,
  { nodes, storageClass, database: own, toolsImage }: Setup,
  without?: Promised,
): Record<string, unknown> {
  const local = {
    className: LOCAL_CLASS,
    path: PATH,
    nodes,
    nodeStorageNamespace: STORAGE_NAMESPACE,
    nodeStorageImage: toolsImage,
  };
  const existing = { className: storageClass, existing: true };
  const database = {
    engine: engine.name,
    version: engine.version,
    replicas: engine.replicas,
    storage: "2Gi",
    resources: { cpu: "250m", memory: "1Gi" },
    deletionProtection: false,
    ...own,
    ...without?.database,
  };
  return {
    "stateful:target": "bare-metal",
    "stateful:namespace": NAMESPACE,
    "stateful:storage": storageClass === LOCAL ? local : existing,
    "stateful:databases": { [name]: database },
  };
}
