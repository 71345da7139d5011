import { DOMAIN } from "../../../components/protocol/labels";
import type { Window } from "../windows";

/** What a person wants to know of a backup, or to have deleted from it. A Job that has the store's keys does it. */
export type Look =
  | { what: "list" }
  /** `percent` of the log and of the copies' data is read through; all of it must be there. */
  | { what: "verify"; percent: number }
  | { what: "target"; time?: string; beforeTransaction?: string; cluster?: string }
  | { what: "delete"; copy: string }
  | { what: "delete"; cluster: string };

/** The line that a Job prints when it is done has this key. */
export const RESULT = "result";

/** Environment of such a Job: its mode, and a `Look` in JSON. */
export const LOOK_MODE = "look";
export const LOOK_VARIABLE = "STATEFUL_LOOK";

/** Label of such a Job, with what it looks for: it is no copy, and no drill. */
export const LOOK_LABEL = `${DOMAIN}/look`;

/** A full copy. Times in ms since 1970. */
export interface CopyListing {
  reference: string;
  started: number;
  finished: number;
  bytes: number;
  /** The member that it was taken from. */
  source: string;
  version: string;
  position: string;
}

/** A stretch that cannot be restored. */
export interface GapListing extends Window {
  why: string;
}

/** A restore that was tried. */
export interface DrillListing {
  at: number;
  good: boolean;
  seconds: number;
  why?: string;
}

/** What is stored of one life of a cluster. */
export interface LifeListing {
  life: number;
  copies: CopyListing[];
  windows: Window[];
  gaps: GapListing[];
  drills: DrillListing[];
  /** Until when nothing of it is deleted, since somebody restores. */
  heldUntil?: number;
  /** Bytes of log, as it was on the members' disks. */
  logBytes: number;
  /** What is wrong with it. */
  problems: string[];
}

/** What is stored of one cluster. */
export interface ClusterListing {
  cluster: string;
  lives: LifeListing[];
  /** Why it could not be read. */
  unreadable?: string;
}

/** What is stored under a database's name. */
export interface Listing {
  at: number;
  namespace: string;
  database: string;
  /** The cluster that runs now; absent where there is none. */
  running?: string;
  /** In words. */
  destination: string;
  retentionSeconds: number;
  recoveryPointSeconds: number;
  clusters: ClusterListing[];
}

/** Something that is not there, or is not what was stored. */
export interface Loss {
  object: string;
  why: string;
  /** What cannot be restored for it; without `to`, until the next full copy is made. */
  from: number;
  to?: number;
}

/** What came out of looking through a backup. */
export interface Verdict {
  at: number;
  cluster: string;
  life: number;
  /** Log objects that must be there, and how many of them were read through. */
  objects: number;
  read: number;
  copies: number;
  losses: Loss[];
  /** What else is wrong. */
  problems: string[];
}

/** Where a restore would end. */
export interface FoundTarget {
  cluster: string;
  life: number;
  position: string;
  before?: string;
  copy: CopyListing;
  /** Stretches of log that are replayed, and their bytes. */
  pieces: number;
  logBytes: number;
  /** What it takes on the volume, bytes. */
  neededBytes: number;
}

/** What was deleted. */
export interface Deleted {
  copies: number;
  objects: number;
}

/** What a Job prints, as `{ result: … }`. */
export type LookResult =
  | { what: "list"; listing: Listing }
  | { what: "verify"; verdict: Verdict }
  | { what: "target"; target: FoundTarget }
  /** It cannot be had: why. */
  | { what: "target"; refused: string }
  | { what: "delete"; deleted: Deleted }
  | { what: "delete"; refused: string };
