import type { ServerStatus } from "../core/engine";
import type { MemberState, Ordinal, Role, View } from "../core/types";

/** `GET /patroni`, as far as it is looked at. */
export interface PatroniStatus {
  state?: string;
  role?: string;
  timeline?: number;
  xlog?: { location?: number; received_location?: number };
  replication_state?: string;
  cluster_unlocked?: boolean;
  failsafe_mode_is_active?: boolean;
  pending_restart?: boolean;
  pause?: boolean;
}

/** A member in `GET /cluster`. */
export interface PatroniMember {
  name: string;
  role: string;
  state: string;
}

/** States of a server that is there. */
const RUNNING = ["running", "streaming", "in archive recovery"];
/** States that Patroni does not leave by itself. */
const FAILED = ["start failed", "crashed", "restart failed", "stop failed"];

/** The ordinal in a pod's name; `undefined` if it has none. */
export function ordinalOf(name: string): Ordinal | undefined {
  const match = /-(\d+)$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/**
 * Puts what Patroni says into the core's terms.
 *
 * @param election - what the election goes by, as last read.
 */
export function statusFrom(
  own: PatroniStatus,
  members: readonly PatroniMember[],
  election: string | undefined,
): ServerStatus {
  const state = own.state ?? "unknown";
  const member = memberState(own, state);
  const role: Role = member !== "online" ? "none" : own.role === "primary" ? "primary" : "replica";
  const view = viewFrom(own, members, election);
  const position = own.xlog?.location ?? own.xlog?.received_location;
  const detail = describe(own, state, member);
  return {
    process: member === "offline" ? "starting" : "running",
    member,
    role,
    ...(view && member !== "offline" ? { view } : {}),
    ...(position === undefined ? {} : { position: `${own.timeline ?? 0}/${position}` }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function memberState(own: PatroniStatus, state: string): MemberState {
  if (FAILED.includes(state)) return "failed";
  if (state !== "running") return "offline";
  const led = own.cluster_unlocked !== true || own.failsafe_mode_is_active === true;
  if (own.role === "primary") return led ? "online" : "blocked";
  if (RUNNING.includes(own.replication_state ?? "")) return "online";
  return led ? "joining" : "blocked";
}

function describe(own: PatroniStatus, state: string, member: MemberState): string | undefined {
  if (member === "offline" || member === "failed") return `Patroni: ${state}`;
  if (member === "blocked") return "there is no primary; nothing can be committed until one is elected";
  if (member === "joining") return "catching up";
  return own.pending_restart === true
    ? "settings were changed that hold after a restart of the pod"
    : own.pause === true
      ? "Patroni is paused: nobody takes over from a lost primary"
      : undefined;
}

/** The timeline counts the promotions: a later primary has a higher one. */
function viewFrom(
  own: PatroniStatus,
  members: readonly PatroniMember[],
  election: string | undefined,
): View | undefined {
  if (own.timeline === undefined) return undefined;
  const ordinals = (rows: readonly PatroniMember[]): Ordinal[] =>
    rows
      .map(({ name }) => ordinalOf(name))
      .filter((ordinal) => ordinal !== undefined)
      .sort((a, b) => a - b);
  const online = ordinals(members.filter(({ state }) => RUNNING.includes(state)));
  const primary = ordinals(members.filter(({ role }) => role === "leader")).at(0);
  return {
    number: own.timeline,
    members: ordinals(members),
    online,
    ...(primary === undefined ? {} : { primary }),
    ...(election === undefined ? {} : { election }),
  };
}
