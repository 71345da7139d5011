import type { Reason } from "../../components/protocol/reasons";
import type { Activity } from "./types";
import type { Action } from "./world";

/** What a member shows of what it does. */
export interface Saying {
  /** For people. */
  state: string;
  /** For programs. */
  reason: Reason;
}

/** What a longer task is called while it goes on. */
export const REASON_OF_ACTIVITY: Record<Activity, Reason> = {
  idle: "Serving",
  founding: "Bootstrapping",
  joining: "Joining",
  cloning: "Copying",
  leaving: "LeavingCluster",
  starting: "StartingServer",
};

const REASON_OF_ACTION: Record<Action["kind"], Reason> = {
  wait: "NotInCluster",
  start: "StartingServer",
  serve: "Serving",
  hold: "AwaitsMajority",
  bootstrap: "Bootstrapping",
  bind: "BindingChoice",
  "go-alone": "OpeningAlone",
  yield: "ReturningRight",
  join: "Joining",
  clone: "Copying",
  "set-aside": "SettingDataAside",
  depart: "LeavingCluster",
  reset: "LeavingCluster",
  enrol: "Joining",
  step: "Joining",
};

/** Why an action is taken: its own reason, or what it is. */
export function reasonOf(action: Action): Reason {
  const own = "reason" in action ? action.reason : undefined;
  return own ?? REASON_OF_ACTION[action.kind];
}

/** What a member is at. */
export interface Doing {
  /** What was decided. */
  action: Action;
  /** What is under way. */
  activity: Activity;
  /** Why the last attempt at it failed, if so. */
  failure: string | undefined;
  /** The volume is full. */
  full: boolean;
  /** What is made of a backup to begin with. */
  restoring: () => Saying | undefined;
}

/**
 * What a member shows of it: the same text between attempts and during them, since each change is written to the API
 * server.
 */
export function sayingOf({ action, activity, failure, full, restoring }: Doing): Saying {
  // What keeps a server from starting stays true while it is tried again.
  const failing = action.kind === "start" && action.message !== undefined;
  const busy = activity !== "idle" && !failing;
  const bootstrap = action.kind === "bootstrap" || activity === "founding";
  const restored = bootstrap ? restoring() : undefined;
  const state = restored?.state ?? stateOf(action, failing, busy ? activity : undefined, failure);
  if (full)
    return { state: `the volume is full, writes wait until it grows; ${state}`, reason: "VolumeFull" };
  const reason = busy ? REASON_OF_ACTIVITY[activity] : reasonOf(action);
  const failed = failure !== undefined && action.kind !== "wait" && action.kind !== "hold";
  return { state, reason: restored?.reason ?? (failed ? "AttemptFailed" : reason) };
}

function stateOf(
  action: Action,
  failing: boolean,
  activity: Activity | undefined,
  failure: string | undefined,
): string {
  const kind = failing ? "wait" : action.kind;
  const planned = "message" in action ? `${kind}: ${action.message}` : kind;
  if (failure !== undefined && action.kind !== "wait")
    return `${planned}; the last attempt failed: ${failure}`;
  return activity ?? planned;
}
