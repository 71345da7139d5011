import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { StackConfig } from "../../stacks/types";
import { Kubectl, KubectlError } from "../kube/kubectl";
import { hasLocalCluster, localKubectl } from "../local/local-cluster";

/** A cluster that a command works on. */
export interface Target {
  kubectl: Kubectl;
  /** The cluster as its user knows it. */
  description: string;
  isLocal: boolean;
}

/** The local cluster, whether it is up or not. */
export function localTarget(): Target {
  return { kubectl: localKubectl(), description: "the local cluster", isLocal: true };
}

/**
 * The cluster that a stack names, or the kubeconfig's current one. It stays the same while a command works on it, also
 * when another context becomes the current one.
 *
 * @param name - of the stack
 * @throws RefusedError if it is not the one whose identity the stack names
 */
export async function configuredTarget(config: Pick<StackConfig, "cluster">, name: string): Promise<Target> {
  const current = async () => (await new Kubectl().run(["config", "current-context"])).trim();
  const context = config.cluster.context ?? (await current());
  const kubectl = new Kubectl({ context });
  await requireCluster(kubectl, { config, name });
  return { kubectl, description: `context ${context}`, isLocal: false };
}

/**
 * Refuses a cluster that is not the one whose identity the stack names.
 *
 * @param name - of the stack
 */
export async function requireCluster(
  kubectl: Kubectl,
  { config: { cluster }, name }: { config: Pick<StackConfig, "cluster">; name: string },
): Promise<void> {
  const { uid } = cluster;
  if (uid === undefined) return;
  const found = (await kubectl.get("namespace", "kube-system"))?.metadata.uid;
  if (found === uid) return;
  throw new RefusedError(
    `This is not the cluster that the stack ${name} is for; nothing was changed. Its stateful:cluster.uid is ` +
      `"${uid}", and this cluster's is "${found ?? "unknown"}". Choose the right one with stateful:cluster.context, ` +
      "or correct the uid if the cluster was made anew.",
  );
}

/** The cluster to look at: that of the stack or, where nobody has told of any cluster, the local one. */
export async function targetToLookAt(config: StackConfig, name: string, local: boolean): Promise<Target> {
  const isConfigured =
    config.cluster.context !== undefined ||
    process.env["KUBECONFIG"] !== undefined ||
    existsSync(join(homedir(), ".kube", "config"));
  if (local || (!isConfigured && hasLocalCluster())) {
    return localTarget();
  }
  return await configuredTarget(config, name);
}

/** Options by which the commands choose a stack of a cluster: `--local --stack dev`. */
export function choosing({ isLocal }: Pick<Target, "isLocal">, nameOrPath: string): string {
  return `${isLocal ? "--local " : ""}--stack ${nameOrPath}`;
}

/** Something that is not done, for a reason that is told. */
export class RefusedError extends Error {}

/** Errors that are shown as they are: from the cluster, from the way to it, and refusals. */
export function isFromCluster(error: Error): boolean {
  return error instanceof KubectlError || error instanceof RefusedError || isOfTestBed(error);
}

/** The test bed's own classes are only loaded where it is used. */
function isOfTestBed({ constructor: { name } }: Error): boolean {
  return name === "UserError" || name === "CommandFailed";
}
