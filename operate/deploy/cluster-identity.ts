import type { StackConfig } from "../../stacks/types";
import type { Kubectl } from "../kube/kubectl";
import { RefusedError } from "./refused-error";

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
