import type { Capabilities } from "../../../agent/core/engine";
import type { Limits } from "../../../agent/core/limits";
import { decide } from "../../../agent/core/policy";
import type { Action, World } from "../../../agent/core/world";
import { groupPolicy } from "../../../agent/mysql/policy";
import type {
  EngineStatus,
  Marker,
  MemberRecord,
  Ordinal,
  Relation,
  Report,
  Timings,
  View,
} from "../../../agent/core/types";

/** Positions in these tests are lists of letters, one for each transaction. */
export function compareLetters(own: string, other: string): Relation {
  const more = Array.from(other).every((letter) => own.includes(letter));
  const less = Array.from(own).every((letter) => other.includes(letter));
  if (more && less) return "equal";
  if (more) return "ahead";
  return less ? "behind" : "diverged";
}

export const limits: Limits = {
  switchover: 15_000,
  stop: 15_000,
  leave: 5_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** The policy of members whose agents compare these tests' positions. */
export const lettersPolicy = (canCatchUp: NonNullable<Capabilities["logs"]>["canCatchUp"] = () => true) =>
  groupPolicy({ compare: compareLetters, canCatchUp });

/** What they decide. */
export const decideByLetters = (
  seen: World,
  canCatchUp?: NonNullable<Capabilities["logs"]>["canCatchUp"],
): Action => decide(lettersPolicy(canCatchUp), seen);

export const timings: Timings = { settle: 10_000, grace: 120_000, claim: 60_000, divergence: 10_000 };

export function view(number: number, members: Ordinal[], primary?: Ordinal): View {
  return { number, members, online: members, ...(primary === undefined ? {} : { primary }) };
}

export function record(change: Partial<MemberRecord> = {}): MemberRecord {
  return { cluster: "c", stage: "member", epoch: 1, ...change };
}

/** A member whose server is up, in no cluster, with data `ab` of the cluster `c`. */
export function idle(
  ordinal: Ordinal,
  status: Partial<EngineStatus> = {},
  memory: MemberRecord | undefined = record(),
): Report {
  return {
    set: "ns/db",
    ordinal,
    address: `10.0.0.${ordinal}`,
    status: {
      process: "running",
      data: "data",
      member: "offline",
      role: "none",
      position: "ab",
      admitted: false,
      ...status,
    },
    record: memory,
    activity: "idle",
    stopping: false,
  };
}

/** The same with an initialised, worthless disk. */
export function empty(ordinal: Ordinal, memory?: MemberRecord): Report {
  return idle(ordinal, { data: "fresh", position: "" }, memory ?? { stage: "fresh", epoch: 0 });
}

/** A full member that serves clients. */
export function online(ordinal: Ordinal, seen: View, memory: MemberRecord = record()): Report {
  const role = seen.primary === ordinal ? "primary" : "replica";
  return idle(ordinal, { member: "online", role, view: seen, admitted: true }, memory);
}

export function marker(change: Partial<Marker> = {}): Marker {
  return { cluster: "c", epoch: 1, phase: "running", holder: 0, ...change };
}

export function world(own: Report, peers: Report[], change: Partial<World> = {}): World {
  return {
    self: own.ordinal,
    replicas: 3,
    own,
    peers,
    absent: new Set(),
    marker: marker(),
    elapsed: 0,
    markerAge: 0,
    divergedFor: 0,
    failedFor: 0,
    lackingFor: 0,
    timings,
    volumeLimits: limits.volume,
    ...change,
  };
}
