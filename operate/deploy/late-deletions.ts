import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "../../render/program";
import type { Kubectl } from "../kube/kubectl";

/** How long Kubernetes is given to delete the Endpoints of a Service that is gone: far more than it takes. */
export const DELETION_WAIT_SECONDS = 15;
const LOOK_EVERY_SECONDS = 0.5;

/**
 * Waits until Kubernetes has deleted the Endpoints of Services that were deleted a moment ago. Its controller does so a
 * moment after the Service, by name: Endpoints that were applied in between would go with them, and nobody makes them anew.
 * Endpoints that are still there in the end are nobody's to delete.
 *
 * @param waitSeconds for how long at most
 */
export async function lateDeletions(
  kubectl: Kubectl,
  objects: readonly KubernetesObject[],
  waitSeconds = DELETION_WAIT_SECONDS,
): Promise<void> {
  const end = performance.now() + waitSeconds * 1000;
  for (;;) {
    const left = await Promise.all(
      objects.filter(({ kind }) => kind === "Endpoints").map(async (one) => isLeftOver(kubectl, one)),
    );
    if (!left.includes(true) || performance.now() >= end) return;
    await sleep(LOOK_EVERY_SECONDS * 1000);
  }
}

async function isLeftOver(
  kubectl: Kubectl,
  { metadata: { name, namespace } }: KubernetesObject,
): Promise<boolean> {
  if ((await kubectl.get("endpoints", name, namespace)) === undefined) return false;
  return (await kubectl.get("service", name, namespace)) === undefined;
}
