import type { Report } from "../../../../../agent/core/types";
import type { Electorate, HeldLock } from "../../../../../agent/postgresql/lock-state";
import type { VirtualTime } from "../../election/time";
import type { Rules } from "./rules";

/** How long a question waits for an answer that does not come, ms. */
export const UNANSWERED = 2_000;

/** A row, as it stands in a server's log. */
export interface Entry {
  id: number;
  term: number;
}

/** Who acknowledges commits, as the primary writes it. */
export interface Sync {
  version: string;
  leader: string | undefined;
  voters: string[];
  quorum: number;
}

/** Patroni's state in the API server. */
export interface Api {
  readonly lock: HeldLock;
  readonly sync: Sync;
  ask<T>(by: Pod, act: () => T): Promise<T>;
  isReached(by: Pod): boolean;
  /** Throws when another version is there. */
  compare(version: string, present: { version: string }): void;
  writeLock(change: Partial<HeldLock>): void;
  freeLock(): void;
  writeSync(change: Partial<Omit<Sync, "version">>): Sync;
  electorate(): Electorate;
}

/** A member, as its Patroni and the others see it. */
export interface Pod {
  readonly world: Surroundings;
  readonly ordinal: number;
  readonly name: string;
  readonly address: string;
  /** Counts its pods. */
  readonly life: number;
  readonly powered: boolean;
  readonly runsNow: boolean;
  readonly now: number;
  role: "primary" | "standby" | "down";
  readonly term: number;
  readonly log: readonly Entry[];
  /** Whom commits wait for, and for how many of them. */
  names: string[];
  numsync: number;
  /** Whom its server is told to copy from. */
  host: string | undefined;
  readonly receiver: { host: string; from: number } | undefined;
  /** How far the others have this primary's log, by name. */
  readonly flushed: Map<string, number>;
  readonly promotedAt: number;
  /** What its agent tells the others. */
  readonly shown: Report | undefined;
  /** Waits, as the member's own time goes: while it is paused, it does not. */
  sleep(duration: number): Promise<void>;
  runs(): Promise<void>;
  /** Patroni is told of a change of the lock. */
  hurry(): void;
  promote(): void;
  demote(): void;
  follow(leader: Pod): void;
}

/** What is around a member. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly rules: Rules;
  readonly api: Api;
  readonly members: readonly Pod[];
  /** Members that do not reach the API server. */
  readonly apiCut: ReadonlySet<number>;
  /** When each row was acknowledged, and by the primary of which term. */
  readonly acknowledged: ReadonlyMap<number, { term: number; at: number }>;
  /** Of the last promotion. */
  term: number;
  voids: number;
  random(): number;
  between(least: number, most: number): number;
  every(interval: number, run: () => void): void;
  /** Whether what one sends comes to the other, and the answer back. */
  reaches(from: Pod, to: Pod): boolean;
  at(address: string | undefined): Pod | undefined;
  acknowledge(entry: Entry, by: Pod): void;
  promoted(member: Pod): void;
}
