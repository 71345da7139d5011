import type { ContainerStatus, Pod } from "./objects";

/** Annotation in which a member's agent says what it does. */
const STATE = "stateful/state";

/** What a pod does, in a few words. */
export function describePod(pod: Pod): string {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return "stopping";
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False")
    return `waits for a node: ${scheduled.message ?? scheduled.reason ?? ""}`;
  const stuck = containersOf(pod).find(({ state }) => isTrouble(state?.waiting?.reason));
  if (stuck) {
    const { reason = "", message = "" } = stuck.state?.waiting ?? {};
    return `${stuck.name}: ${reason}${message ? `: ${message}` : ""}`;
  }
  if (isReady(pod)) return "ready";
  const said = metadata.annotations?.[STATE];
  if (said !== undefined) return AGENT_WORDS[said] ?? said;
  return status.phase === "Running" ? "starting" : "its containers are being created";
}

/** Words of the agent that are its own. */
const AGENT_WORDS: Record<string, string> = {
  serve: "serving",
  founding: "founding the cluster",
  joining: "joining the cluster",
  cloning: "copying the data of another member",
  leaving: "leaving the cluster",
  starting: "the server is starting",
};

/** Every container of a pod, the agent among them. */
export function containersOf({ status }: Pod): ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

/** Whether clients may use a pod. */
export function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return metadata.deletionTimestamp === undefined && ready === true;
}

function isTrouble(reason: string | undefined): boolean {
  return reason !== undefined && !["PodInitializing", "ContainerCreating"].includes(reason);
}
