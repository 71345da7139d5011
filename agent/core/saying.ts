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
  reset: "LeavingCluster",
  enrol: "Joining",
  step: "Joining",
};

/** Why an action is taken: its own reason, or what it is. */
export function reasonOf(action: Action): Reason {
  const own = "reason" in action ? action.reason : undefined;
  return own ?? REASON_OF_ACTION[action.kind];
}
