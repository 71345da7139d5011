import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { typed } from "../../render/installation";
import type { StackConfig } from "../../stacks/types";
import { requireCluster } from "../deploy/cluster-identity";
import { RefusedError } from "../deploy/refused-error";
import { Kubectl, KubectlError } from "../kube/kubectl";
import { hasLocalCluster, localKubectl } from "../local/local-cluster";

/** A cluster that a command works on. */
export interface Target {
  kubectl: Kubectl;
  /** The cluster as its user knows it. */
  description: string;
  isLocal: boolean;
}

/** The local cluster. @throws RefusedError if there is none */
export function localTarget(): Target {
  if (!hasLocalCluster()) {
    throw new RefusedError(`There is no local cluster. ${typed("up", "--local")} brings it up.`);
  }
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
  const context = config.cluster.context ?? (await currentContext());
  const kubectl = new Kubectl({ context });
  await requireCluster(kubectl, { config, name });
  return { kubectl, description: `context ${context}`, isLocal: false };
}

async function currentContext(): Promise<string> {
  try {
    return (await new Kubectl().run(["config", "current-context"])).trim();
  } catch (error) {
    if (!(error instanceof KubectlError) || !error.message.includes("current-context is not set"))
      throw error;
    throw new RefusedError(
      "No cluster is chosen: the kubeconfig has no current context. Choose one by `kubectl config use-context NAME`, or " +
        "name it in the stack file, as stateful:cluster: { context: NAME }. Without any: --local.",
    );
  }
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
