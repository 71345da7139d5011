import type { Ordinal } from "../types";
import type { Ballot, Vote } from "./ballot";
import { ELECTION } from "./durations";
import type { StoredLease } from "./lease";
import type { LogPosition, ReplicationState } from "./replication";

/** What another member said. */
export interface Heard extends Ballot {
  /** How long ago, ms. */
  age: number;
  /** How far it was once seen to be, when it has less now: what it had acknowledged may be lost. */
  before?: LogPosition;
}

/** What the next step is decided from: observed, but for durations and what this process did itself. */
export interface ElectionWorld {
  self: Ordinal;
  /** As last read; absent until it was. */
  lease?: StoredLease;
  /** The size of the set that is wanted. */
  wanted: number;
  /** Absent while it does not answer. */
  server?: ReplicationState;
  /** The server has ended, or was started again: what it was before, it is no more. */
  ended: boolean;
  /** The term of whom the server was told to follow, by this process. */
  told?: number;
  /** It has data of this cluster, or a worthless disk: it may follow. */
  member: boolean;
  /** It can be the primary. */
  fit: boolean;
  /** It is the one that a bootstrap right makes the primary, of data that no primary has written yet. */
  founder: boolean;
  /** An operator gave up all others. */
  alone: boolean;
  /** What others said last. */
  ballots: readonly Heard[];
  /** Where members are, as far as is known. */
  addresses: ReadonlyMap<Ordinal, string>;
  /** Its own vote, if it has one. */
  vote?: Vote;
  /** The version of the lease that it may have voted for. */
  votedFor?: string;
  /** The run of the server with which this process took the lease that it holds. */
  tookWith?: string;
  /** The last term that it has given up, or could not take up. */
  resigned: number;
  /** For how long it has promised nothing to a primary, ms. */
  promisedFor: number;
  /** For how long the holder of the lease has not asked as its primary, ms. */
  askedFor: number;
  /** Of a primary: for how long no majority has promised anything, ms. */
  confirmedFor: number;
  /** Of a primary: where it was when none followed it any more whom a smaller set does not have. */
  cleared?: number;
  /** For how long it could have taken the lease, ms. */
  ableFor: number;
  /** For how long there has been a majority of votes and nobody who could take the lease, ms. */
  unsureFor: number;
  /** Data is in memory alone, and who has none may be elected: see `Replication`. */
  volatile: boolean;
  /** Since when one of several whose positions cannot be told apart is elected: see `Replication`. */
  unsureAfter?: number;
}

/** How many elect; infinitely many while that is not known, of whom there is never a majority. */
export function electorate({ lease, wanted }: Pick<ElectionWorld, "lease" | "wanted">): number {
  return lease?.size ?? (wanted > 0 ? wanted : Infinity);
}

/** Whether the holder of a lease has given it up by its own word. */
export function hasResigned({ holder, term }: StoredLease, ballots: readonly Ballot[]): boolean {
  return ballots.some(({ ordinal, resigned = -1 }) => ordinal === holder && resigned >= term);
}

/** Whether it has lost sight of the primary, or there is none. */
export function suspects(world: ElectionWorld): boolean {
  const { lease, server, told, promisedFor, askedFor, ballots } = world;
  if (!lease) return false;
  if (lease.holder === undefined || hasResigned(lease, ballots)) return true;
  if (promisedFor < ELECTION.promise) return false;
  const cut = server?.as === "following" && told === lease.term && server.link === "down";
  return askedFor >= ELECTION.link || (cut && (server.linkDownFor ?? 0) >= ELECTION.link);
}
