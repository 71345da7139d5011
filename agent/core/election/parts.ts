import type { Clock } from "../clock";
import type { Reached } from "../engine";
import type { Log } from "../log";
import type { Ordinal } from "../types";
import type { Ballot } from "./ballot";
import type { LeaseStore } from "./lease";
import type { Replication } from "./replication";

/** What the agent knows beside the election. */
export interface ElectionFacts {
  /** The size of the set that is wanted; 0 while it is not known. */
  wanted: number;
  /** It has data of this cluster, or a worthless disk in a cluster that runs. */
  member: boolean;
  /** Its data counts: it is the cluster's, and whole. */
  holds: boolean;
  fit: boolean;
  founder: boolean;
  alone: boolean;
  /** No process of the server is there. */
  ended: boolean;
}

/** What an elector is made of. */
export interface ElectorParts {
  self: Ordinal;
  replication: Replication;
  leases: LeaseStore;
  /** Asks a member what it says about the primary. @param term - asks as the primary of this term */
  ask: (other: Reached, term: number | undefined) => Promise<Ballot>;
  /** Where the other members are, as far as is known. */
  others: () => readonly Reached[];
  facts: () => ElectionFacts;
  clock: Clock;
  log: Log;
  /** Something is known that the next round should not wait for. @default it waits */
  hurry?: () => void;
  /** Its server has come to be the primary, or has ceased to. */
  changed?: () => void;
  /** Waits for something no longer than so many ms. @default by the machine's timer */
  within?: <T>(limit: number, work: Promise<T>) => Promise<T>;
  /** @default by the machine's timer */
  sleep?: (time: number) => Promise<void>;
}
