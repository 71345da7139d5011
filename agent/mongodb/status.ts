import type { ServerStatus } from "../core/engine";
import type { MemberState, Ordinal, View } from "../core/types";
import { type Look, type SetLook, STATES } from "./look";
import { type OplogTime, printPosition } from "./position";

/** What a status is told from beside the look itself. */
export interface StatusContext {
  self: Ordinal;
  /** Whether the application's account is there. */
  admitted: boolean;
  /** For long no primary has been seen. */
  leaderless: boolean;
  /** Where the local oplog begins, where that is known. */
  from?: OplogTime | undefined;
}

/** Puts what a server says of its set into the core's terms. */
export function statusFrom(look: Look, context: StatusContext): ServerStatus {
  if (look === "none")
    return { process: "running", member: "offline", role: "none", detail: "in no replica set yet" };
  if (look === "outside")
    return {
      process: "running",
      member: "offline",
      role: "none",
      detail: "the replica set does not have it",
    };
  const { self, admitted, leaderless, from } = context;
  const view = viewOf(look, self);
  const member = memberState(look, view, leaderless);
  const detail = detailOf(look, member);
  return {
    process: "running",
    member,
    // Elected, it is the primary for everybody, whether or not it takes writes already.
    role: look.state === STATES.primary ? "primary" : member === "online" ? "replica" : "none",
    view,
    position: printPosition({ ...look.at, ...(from ? { from } : {}) }),
    admitted,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Members that have the set's data, and can be reached. */
function isThere(state: number): boolean {
  return state === STATES.primary || state === STATES.secondary;
}

function viewOf({ term, members, state, writable }: SetLook, self: Ordinal): View {
  const primary = members.find((member) => member.state === STATES.primary)?.ordinal;
  const leads = state !== STATES.primary || writable;
  const sorted = (list: typeof members): Ordinal[] =>
    list.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  return {
    number: Math.max(0, term),
    members: sorted(members),
    online: sorted(members.filter((member) => isThere(member.state))),
    ...(primary === undefined || (primary === self && !leads) ? {} : { primary }),
  };
}

function memberState(look: SetLook, { online, primary }: View, leaderless: boolean): MemberState {
  switch (look.state) {
    case STATES.primary:
      return look.writable ? "online" : "blocked";
    case STATES.secondary: {
      // While they elect, it goes on being read from.
      const led = primary !== undefined || !leaderless;
      return online.length >= look.majority && led ? "online" : "blocked";
    }
    case STATES.startup2:
    case STATES.recovering:
    case STATES.rollback:
      return "joining";
    default:
      return "offline";
  }
}

function detailOf({ state, says }: SetLook, member: MemberState): string | undefined {
  if (member === "online") return undefined;
  if (member === "blocked") {
    return state === STATES.primary
      ? "elected, and not taking writes yet"
      : "there is no primary; nothing can be committed until one is elected";
  }
  const doing: Record<number, string> = {
    [STATES.startup]: "it reads the replica set's configuration",
    [STATES.startup2]: "it copies the data of another member",
    [STATES.recovering]: "it catches up",
    [STATES.rollback]:
      "it undoes what no majority had, and keeps that in the directory `rollback` of its data",
  };
  return [doing[state] ?? `the server is in state ${state}`, ...(says === undefined ? [] : [says])].join(
    ": ",
  );
}
