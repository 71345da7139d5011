import { NOTICES, REASON, STATE } from "../../components/protocol/annotations";
import type { Activity } from "../../agent/core/types";
import type { Action } from "../../agent/core/world";
import { isReason, type Reason } from "../../components/protocol/reasons";
import type { ContainerStatus, Pod } from "../kube/objects";
import { type Finding, notice, problem } from "./findings";

/** What a pod does, in a few words. */
export function describePod(pod: Pod): string {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return "stopping";
  if (unscheduled(pod) !== undefined) return "waits for a node";
  const stuck = stuckContainer(pod);
  if (stuck) return `${stuck.name}: ${stuck.state?.waiting?.reason ?? ""}`;
  if (isReady(pod)) return "ready";
  if (status.phase !== "Running") return "its containers are being created";
  return agentState(pod) ?? "starting";
}

/** What the agent says that it does, in plain words; nothing before it has said anything. */
export function agentState({ metadata: { annotations } }: Pod): string | undefined {
  const said = annotations?.[STATE];
  if (said === undefined) return undefined;
  const [, action = said, reason] = /^([a-z-]+): (.*)$/s.exec(said) ?? [];
  const words = isKnown(action) ? ACTIONS[action] : action;
  if (reason === undefined) return words;
  if (action === "wait") return reason;
  return `${words}: ${reason}`;
}

/** Why, as one of the identifiers; nothing where an agent of another version names none that is known here. */
export function agentReason({ metadata: { annotations } }: Pod): Reason | undefined {
  const said = annotations?.[REASON];
  return said !== undefined && isReason(said) ? said : undefined;
}

/** What a member's agent says is not as it was asked for. */
export function agentNotices({ metadata: { name, annotations } }: Pod): Finding[] {
  const said = annotations?.[NOTICES];
  if (said === undefined) return [];
  const unreadable = [problem(name, `its agent says what cannot be read, in the annotation ${NOTICES}`)];
  try {
    const notices: unknown = JSON.parse(said);
    return Array.isArray(notices) ? notices.map((one) => findingOf(name, one)) : unreadable;
  } catch {
    return unreadable;
  }
}

function findingOf(pod: string, said: unknown): Finding {
  const { severity, text, advice } = (said ?? {}) as Record<string, unknown>;
  const make = severity === "notice" ? notice : problem;
  return make(
    pod,
    typeof text === "string" ? text : JSON.stringify(said),
    typeof advice === "string" ? advice : undefined,
  );
}

/** The agent's actions and activities, `found` being what an earlier version calls `bootstrap`. */
const ACTIONS: Record<Exclude<Action["kind"], "wait"> | Exclude<Activity, "idle"> | "found", string> = {
  serve: "serving",
  start: "starting the server",
  starting: "starting the server",
  bootstrap: "bootstrapping the cluster",
  found: "bootstrapping the cluster",
  founding: "bootstrapping the cluster",
  hold: "serving nobody yet",
  bind: "looking at an operator's choice",
  "go-alone": "letting clients in without the others",
  yield: "giving the right to bootstrap the cluster back",
  join: "joining the cluster",
  joining: "joining the cluster",
  clone: "copying another member's data",
  cloning: "copying another member's data",
  leaving: "leaving the cluster",
  depart: "stopping, since it has left the cluster",
  reset: "leaving a cluster that went on without it",
  "set-aside": "setting its data aside, to begin with a copy",
  enrol: "becoming a member",
  step: "taking its place in the cluster",
};

function isKnown(action: string): action is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, action);
}

/** The scheduler's message, if the pod has no node. */
export function unscheduled({ status }: Pod): string | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  return scheduled?.status === "False" ? (scheduled.message ?? scheduled.reason ?? "") : undefined;
}

/** The first container that cannot start. */
export function stuckContainer(pod: Pod): ContainerStatus | undefined {
  return containersOf(pod).find(({ state }) => {
    const reason = state?.waiting?.reason;
    return reason !== undefined && !["PodInitializing", "ContainerCreating"].includes(reason);
  });
}

/** Every container of a pod, the agent among them. */
export function containersOf({ status }: Pod): ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

/** Whether clients may use a pod. */
export function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return metadata.deletionTimestamp === undefined && ready === true;
}

/** Name of the claim that holds a member's data. */
export function claimOf({ spec }: Pod): string | undefined {
  return spec.volumes?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []).at(0);
}
