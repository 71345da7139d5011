import type { Reached } from "../types";

/**
 * How far a member's data goes: by the term in which the last of it was written, and by the count of that term's primary. Terms
 * are in the data itself, as marks: the first write of a term's primary, before anybody else's, and one each second from then on.
 */
export interface LogPosition {
  /** Term of the last mark in the data; 0: no primary ever wrote. */
  term: number;
  /** The offset that the primary had when it wrote this mark. */
  mark: number;
  /** How far the data goes exactly. Absent where the server does not know, as after a crash: somewhere behind the mark. */
  offset?: number;
}

/** How far a server's data goes that has none, where that counts for anything. */
export const NOTHING: LogPosition = { term: 0, mark: 0, offset: 0 };

/** A replica as its primary sees it. */
export interface Follower {
  address: string;
  /** What it has acknowledged. */
  offset: number;
}

/** What a server is in the replication of its set, as it is now. */
export interface ReplicationState {
  /**
   * - `primary`: it takes writes.
   * - `following`: it was told to follow a primary, reached or not.
   * - `detached`: read-only; it follows nobody, and nobody can follow it. So it is after each start.
   */
  as: "primary" | "following" | "detached";
  /** The address that it was told to follow. */
  follows?: string;
  /** Of one that follows. `copying`: a full copy is under way. */
  link?: "up" | "copying" | "down";
  /** For how long it has been down, ms. */
  linkDownFor?: number;
  /** Absent while there is no data of use: none, or half a copy. */
  position?: LogPosition;
  /** Another one after each start of the server. */
  run: string;
  /** Of a primary: those that it sends to. */
  followers?: readonly Follower[];
}

/**
 * Members follow one primary, which the agents elect, since the servers neither elect nor fence one by themselves. All calls may
 * be repeated; each returns when what it says is so.
 */
export interface Replication {
  /**
   * How long an outage lasts until one of several members is elected whose positions cannot be told apart, ms. Absent: never, since
   * what the last primary acknowledged might be lost.
   */
  readonly unsureAfter?: number;
  /**
   * Whether data is in memory alone. A server without any is then as good as one with little: it has `NOTHING`, votes with that,
   * and may be elected with it where nobody has more. @default false: empty disks vote for nobody
   */
  readonly volatile?: boolean;
  /** Cheap. Rejects when the server does not answer. */
  state(): Promise<ReplicationState>;
  /**
   * Makes the server read-only, cuts it off from whom it follows and who follows it, and cuts a former primary's clients. No
   * acknowledgement leaves it any more when this returns, and it stays so if the agent dies.
   */
  detach(): Promise<void>;
  /** Follows the primary of a term: nobody whom it finds there but that one. */
  follow(primary: Reached, term: number): Promise<void>;
  /**
   * Makes a detached server the primary of a term: its mark is written before anybody else's write.
   * @param size - of the set: what it acknowledges must be able to reach a majority.
   */
  promote(term: number, size: number): Promise<void>;
  /** Writes a mark. */
  mark(term: number): Promise<void>;
  /** Has writes wait, for at most so long, ms; 0: no more. */
  freeze(within: number): Promise<void>;
  /** The size of the set has changed, of which this member is the primary. */
  resize(size: number): Promise<void>;
}
