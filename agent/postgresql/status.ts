import type { ServerStatus } from "../core/engine";
import { printPosition } from "./position";
import type { MemberState, Ordinal, Role, View } from "../core/types";

/** `GET /patroni`, as far as it is looked at. */
export interface PatroniStatus {
  state?: string;
  role?: string;
  timeline?: number;
  /** When the server was started. */
  postmaster_start_time?: string;
  /** Of the data directory: one that is made anew has another. */
  database_system_identifier?: string;
  xlog?: { location?: number; received_location?: number; replayed_location?: number };
  replication_state?: string;
  cluster_unlocked?: boolean;
  failsafe_mode_is_active?: boolean;
  pending_restart?: boolean;
  pause?: boolean;
  patroni?: { version?: string };
  /** The primary's: who streams from it. */
  replication?: { application_name?: string; state?: string; sync_state?: string }[];
}

/** What Patroni calls the member that copies from the source of a database which is a copy. */
export const STANDBY_LEADER = "standby_leader";

/** States of a server that is there. */
const RUNNING = ["running", "streaming", "in archive recovery"];
/** States of a server that does not start. Patroni goes on trying, also after one that merely crashed. */
const FAILED = ["start failed", "restart failed"];

/** The ordinal in a pod's name; `undefined` if it has none. */
export function ordinalOf(name: string): Ordinal | undefined {
  const match = /-(\d+)$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/**
 * Puts what Patroni says into the core's terms.
 *
 * @param election - what the election goes by, as last read.
 * @param keptFrom - the first byte of the log that the server still has.
 */
export function statusFrom(
  self: Ordinal,
  own: PatroniStatus,
  election: string | undefined,
  keptFrom?: number,
): ServerStatus {
  const state = own.state ?? "unknown";
  const member = memberState(own, state);
  // The one that copies from a database's source leads the others, though nobody writes to it.
  const leads = own.role === "primary" || own.role === STANDBY_LEADER;
  const role: Role = member !== "online" ? "none" : leads ? "primary" : "replica";
  const view = viewFrom(self, own, role, election);
  const position = positionFrom(own, own.role === "primary" ? keptFrom : undefined);
  const detail = describe(own, state, member);
  return {
    process: member === "offline" ? "starting" : "running",
    member,
    role,
    ...(view && member !== "offline" ? { view } : {}),
    ...(position === undefined ? {} : { position }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Without a connection to a primary nothing counts as received, however much was replayed. */
function positionFrom(
  { timeline = 0, xlog = {} }: PatroniStatus,
  keptFrom: number | undefined,
): string | undefined {
  const { location, received_location: received, replayed_location: replayed } = xlog;
  const known = [location, received, replayed].filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  return printPosition({ timeline, at: Math.max(...known), ...(keptFrom === undefined ? {} : { keptFrom }) });
}

function memberState(own: PatroniStatus, state: string): MemberState {
  if (FAILED.includes(state)) return "failed";
  if (state !== "running") return "offline";
  const led = own.cluster_unlocked !== true || own.failsafe_mode_is_active === true;
  // Whose source is away answers reads all the same.
  if (own.role === "primary" || own.role === STANDBY_LEADER) return led ? "online" : "blocked";
  if (RUNNING.includes(own.replication_state ?? "")) return "online";
  return led ? "joining" : "blocked";
}

function describe(own: PatroniStatus, state: string, member: MemberState): string | undefined {
  if (state === "creating replica") return "Patroni copies the data of another member";
  if (member === "offline" || member === "failed") return `Patroni: ${state}`;
  if (member === "blocked") return "there is no primary; nothing can be committed until one is elected";
  if (member === "joining") return "catching up";
  return own.pending_restart === true
    ? "settings were changed that hold after a restart of the pod"
    : undefined;
}

/**
 * The timeline counts the promotions: a later primary has a higher one. Who streams is what the primary's server
 * says, not `GET /cluster`: called during an election, it can give the lock to two members (seen with 4.0.7,
 * https://github.com/patroni/patroni/issues/3718).
 */
function viewFrom(
  self: Ordinal,
  own: PatroniStatus,
  role: Role,
  election: string | undefined,
): View | undefined {
  if (own.timeline === undefined) return undefined;
  const others = (rows: PatroniStatus["replication"] = []): Ordinal[] =>
    rows
      .map(({ application_name: name }) => ordinalOf(name ?? ""))
      .filter((ordinal) => ordinal !== undefined && ordinal !== self)
      .map(Number);
  const all = (ordinals: Ordinal[]): Ordinal[] => [...new Set([self, ...ordinals])].sort((a, b) => a - b);
  return {
    number: own.timeline,
    members: all(others(own.replication)),
    online: all(others(own.replication?.filter(({ state }) => state === "streaming"))),
    ...(role === "primary" ? { primary: self } : {}),
    ...(role === "primary" && election !== undefined ? { election } : {}),
  };
}
