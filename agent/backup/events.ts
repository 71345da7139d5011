import { countUpTo, flag, listOf, objectOf, oneOf, optional, textUpTo, type Reader } from "../core/read";

/** A position in the engine's notation: a set of transactions, for instance. */
export type Position = string;

/** A part of a piece of log: one object. */
export interface Part {
  name: string;
  /** Bytes of the log in it, before they were compressed. */
  bytes: number;
  /** Of these bytes. */
  sha256: string;
}

/** Log was stored. Its parts, one after the other, are the bytes `from` to `to` of a file of that member's log. */
export interface Piece {
  kind: "piece";
  /** The log file: its name, and a hash of its beginning, which tells it from another one of the same name. */
  file: string;
  head: string;
  from: number;
  to: number;
  /** What must be there for this to be replayed, … */
  before: Position;
  /** … and what is there afterwards. */
  after: Position;
  /** When the first and the last of its transactions were committed, µs since 1970; absent where it holds none, or none that tells. */
  first?: number;
  last?: number;
  parts: Part[];
  /** All that the log lacks nothing of, as the writer knew it. */
  archived: Position;
}

/** The log begins here: what is in `position` comes from bases alone. */
export interface Start {
  kind: "start";
  /** A life begins; or log after a gap; or what came before was deleted, since it is too old. */
  why: "life" | "gap" | "retention";
  position: Position;
  archived: Position;
}

/** Log was given up, or was not there any more: no moment in between can be restored. */
export interface Gap {
  kind: "gap";
  /** What is stored before it, and where the log goes on. */
  before: Position;
  after: Position;
  /** From when to when, ms since 1970. */
  from: number;
  to: number;
  /** For people. */
  why: string;
}

/** A copy of all data was stored. */
export interface Base {
  kind: "base";
  /** What stored it, and what that calls it. */
  tool: "restic";
  reference: string;
  /** All that is in it. */
  position: Position;
  /** ms since 1970. */
  started: number;
  finished: number;
  bytes: number;
  /** The engine's version that wrote it. */
  version: string;
  /** The member that it was taken from. */
  source: string;
}

/** A restore was tried. */
export interface Drill {
  kind: "drill";
  good: boolean;
  /** The moment that was asked for, ms since 1970; absent: all that there is. */
  time?: number;
  /** What was there in the end; empty where it did not come so far. */
  reached: Position;
  /** s: fetching copy and log, replaying, and starting the server on all of it. */
  download: number;
  replay: number;
  ready: number;
  /** Of copy and log. */
  bytes: number;
  /** The engine's version that it was restored by. */
  version: string;
  /** What went wrong, for people. */
  why?: string;
}

/** Nothing may be deleted until then, ms since 1970: somebody restores from it. */
export interface Hold {
  kind: "hold";
  until: number;
  why: string;
}

/** All that was committed at `until` (ms since 1970, by the primary's clock) is stored. */
export interface Restorable {
  kind: "restorable";
  until: number;
  position: Position;
  archived: Position;
}

/** What happened to a backup. Each is one small object, written once. */
export type Event = Piece | Start | Gap | Base | Drill | Hold | Restorable;

/** An event with where and when it was written. */
export type Written<E extends Event = Event> = E & {
  /** Its object. */
  name: string;
  /** The summary that it was folded into; absent for an object of its own. */
  summary?: string;
  /** ms since 1970, by the writer's clock: never used to order what positions order. */
  at: number;
  /** When its object was stored, ms since 1970, by the store's clock; absent for what was folded, and where the store does not tell. */
  stored?: number;
};

const MOST = Number.MAX_SAFE_INTEGER;
const count = countUpTo(MOST);
const text = textUpTo(1_000);
/** A set of GTIDs may have many intervals. */
const position = textUpTo(4 * 1024 * 1024);
/** s, with a fraction. */
const seconds: Reader<number> = (value, field) => {
  if (typeof value !== "number" || !(value >= 0)) throw new Error(`${field} is no time`);
  return value;
};
const parts = listOf(objectOf<Part>({ name: text, bytes: count, sha256: text }), 1_000_000);

const READERS = {
  piece: objectOf<Piece>({
    kind: oneOf("piece"),
    file: text,
    head: text,
    from: count,
    to: count,
    before: position,
    after: position,
    first: optional(count),
    last: optional(count),
    parts,
    archived: position,
  }),
  start: objectOf<Start>({
    kind: oneOf("start"),
    why: oneOf("life", "gap", "retention"),
    position,
    archived: position,
  }),
  gap: objectOf<Gap>({
    kind: oneOf("gap"),
    before: position,
    after: position,
    from: count,
    to: count,
    why: text,
  }),
  base: objectOf<Base>({
    kind: oneOf("base"),
    tool: oneOf("restic"),
    reference: text,
    position,
    started: count,
    finished: count,
    bytes: count,
    version: text,
    source: text,
  }),
  drill: objectOf<Drill>({
    kind: oneOf("drill"),
    good: flag,
    time: optional(count),
    reached: position,
    download: seconds,
    replay: seconds,
    ready: seconds,
    bytes: count,
    version: text,
    why: optional(text),
  }),
  hold: objectOf<Hold>({ kind: oneOf("hold"), until: count, why: text }),
  restorable: objectOf<Restorable>({ kind: oneOf("restorable"), until: count, position, archived: position }),
};

/** @returns `undefined` for a kind that a later version writes. @throws Error for what cannot be right. */
export function readEvent(content: string): Event | undefined {
  const value = JSON.parse(content) as { kind?: unknown };
  const read = new Map<unknown, Reader<Event>>(Object.entries(READERS)).get(value.kind);
  return read?.(value, "");
}
