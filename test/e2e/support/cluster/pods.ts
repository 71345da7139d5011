import type { Claim, Pod, Volume } from "../../../../operate/kube/objects";
import { until } from "../../../../cluster/wait";
import { kubectl } from "./cluster";

/** A pod that must be there. */
export async function podNamed(namespace: string, name: string): Promise<Pod> {
  return there("pod", name, await kubectl.get<Pod>("pod", name, namespace));
}

/** The claim of a replica, and the volume that it is bound to. */
export async function volumeOf(namespace: string, pod: string): Promise<{ claim: Claim; volume: Volume }> {
  const claim = there(
    "claim",
    pod,
    await kubectl.get<Claim>("persistentvolumeclaim", `data-${pod}`, namespace),
  );
  const name = claim.spec.volumeName ?? "";
  if (name === "") throw new Error(`data-${pod} is not bound`);
  return { claim, volume: there("volume", name, await kubectl.get<Volume>("persistentvolume", name)) };
}

/** Waits for something about a pod. */
export async function podWhere(
  namespace: string,
  name: string,
  what: string,
  matches: (pod: Pod) => boolean,
  timeoutSeconds = 120,
): Promise<Pod> {
  const look = async () => {
    const pod = await kubectl.get<Pod>("pod", name, namespace);
    return pod !== undefined && matches(pod) ? pod : undefined;
  };
  return until(look, { what, timeoutSeconds });
}

/** Keeps new pods off a node while something is done. */
export async function cordoned<T>(node: string, work: () => Promise<T>): Promise<T> {
  await kubectl.run(["cordon", node]);
  try {
    return await work();
  } finally {
    await kubectl.run(["uncordon", node]);
  }
}

function there<T>(kind: string, name: string, object: T | undefined): T {
  if (object === undefined) throw new Error(`there is no ${kind} ${name}`);
  return object;
}

/** Orders pods to be deleted, and does not wait for it. */
export async function deletePods(namespace: string, ...pods: string[]): Promise<void> {
  await kubectl.run(["delete", "pod", ...pods, "-n", namespace, "--wait=false"]);
}

/** What a server has written since its container started. */
export async function serverLog(namespace: string, pod: string, container: string): Promise<string> {
  return kubectl.run(["logs", pod, "-n", namespace, "-c", container]);
}
