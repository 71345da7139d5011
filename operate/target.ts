import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { StackConfig } from "../stacks/types";
import { Kubectl, KubectlError } from "./kubectl";
import { hasLocalCluster, localKubectl } from "./local-cluster";

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

/** The cluster that a stack names, or the kubeconfig's current one. */
export async function configuredTarget({ cluster }: Pick<StackConfig, "cluster">): Promise<Target> {
  const kubectl = new Kubectl({ context: cluster.context });
  const context = cluster.context ?? (await kubectl.run(["config", "current-context"])).trim();
  return { kubectl, description: `context ${context}`, isLocal: false };
}

/** The cluster to look at: that of the stack or, where nobody has told kubectl of any cluster, the local one. */
export async function targetToLookAt(config: StackConfig, local: boolean): Promise<Target> {
  const isConfigured =
    process.env["KUBECONFIG"] !== undefined || existsSync(join(homedir(), ".kube", "config"));
  if (local || (!isConfigured && hasLocalCluster())) {
    return localTarget();
  }
  return await configuredTarget(config);
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
