import { EJSON } from "bson";
import { compare, NEVER, type OpTime, same } from "./optime";

/* eslint @typescript-eslint/no-explicit-any: off */
/** A document, or a command: whatever somebody sends. */
export type Doc = Record<string, any>;

/** A change, as members pass it on. `n`: none; `c`: a collection is dropped. */
export interface Entry extends OpTime {
  op: "n" | "i" | "u" | "d" | "c";
  ns: string;
  /** The document after the change; of `d` its `_id` alone. */
  o: Doc;
  /** What can be tried again: by whom, in which transaction, which statement of it, and what it came to. */
  session?: { id: string; txn: number; statement: number; n: number };
}

/** What somebody can undo. */
interface Applied {
  entry: Entry;
  undo: () => void;
}

/** What is said of a session's last write. */
export interface Session {
  txn: number;
  results: Map<number, number>;
}

export type Collection = Map<string, Doc>;

/** Tells documents apart by their `_id`. */
export function keyOf(id: unknown): string {
  return EJSON.stringify({ id }, { relaxed: false });
}

/**
 * Data with the oplog that it comes from. What is not in the journal is lost in a crash: the server's is written every 100 ms, and
 * at once for whom it is asked for. https://www.mongodb.com/docs/manual/core/journaling/
 */
export class Store {
  readonly collections = new Map<string, Collection>();
  readonly sessions = new Map<string, Session>();
  private applied: Applied[] = [];
  private durable = 0;
  /** It is no longer what was made durable, and more. */
  rewritten = false;
  /** The last entry that is no longer there. */
  floor: OpTime = NEVER;

  get last(): OpTime {
    return this.applied.at(-1)?.entry ?? this.floor;
  }

  /** The first entry that is still there. */
  get oldest(): OpTime {
    return this.applied[0]?.entry ?? this.floor;
  }

  get journaled(): OpTime {
    return this.durable === 0 ? this.floor : this.applied[this.durable - 1]!.entry;
  }

  /** Everything that was appended is durable. @returns what was not before */
  journal(): Entry[] {
    const fresh = this.applied.slice(this.durable).map(({ entry }) => entry);
    this.durable = this.applied.length;
    return fresh;
  }

  /** What had not come into the journal is gone. */
  crash(): void {
    while (this.applied.length > this.durable) this.pop();
  }

  append(entry: Entry): void {
    this.applied.push({ entry, undo: this.apply(entry) });
  }

  has(place: OpTime): boolean {
    return same(place, this.floor) || this.applied.some(({ entry }) => same(entry, place));
  }

  /** What follows on an entry that is there; `undefined` where it is not. */
  after(place: OpTime, most = 1_000): Entry[] | undefined {
    let index = this.applied.length;
    while (index > 0 && !same(this.applied[index - 1]!.entry, place)) index--;
    if (index === 0 && !same(place, this.floor)) return undefined;
    return this.applied.slice(index, index + most).map(({ entry }) => entry);
  }

  /** The newest ones first. */
  places(): OpTime[] {
    return [...this.applied.map(({ entry: { ts, t } }) => ({ ts, t })).reverse(), this.floor];
  }

  /** Undoes what came later. @returns what that was, the oldest first */
  rollBackTo(place: OpTime): Entry[] {
    const undone: Entry[] = [];
    this.rewritten = true;
    while (compare(this.last, place) > 0 && this.applied.length > 0) undone.unshift(this.pop());
    this.durable = Math.min(this.durable, this.applied.length);
    return undone;
  }

  /** Forgets entries but the newest; their data stays. */
  trim(most: number): void {
    const over = Math.min(this.applied.length - most, this.durable);
    if (over <= 0) return;
    const { ts, t } = this.applied[over - 1]!.entry;
    this.floor = { ts, t };
    this.applied = this.applied.slice(over);
    this.durable -= over;
  }

  /** All of it, for a copy. */
  snapshot(): { data: Doc; sessions: Doc[]; at: OpTime } {
    const data: Doc = {};
    for (const [name, documents] of this.collections) data[name] = [...documents.values()];
    const sessions = [...this.sessions].map(([id, { txn, results }]) => ({ id, txn, results: [...results] }));
    const { ts, t } = this.last;
    return { data, sessions, at: { ts, t } };
  }

  /** Takes a copy in place of what is there. */
  restore({ data, sessions, at }: { data: Doc; sessions: Doc[]; at: OpTime }): void {
    this.clear();
    for (const [name, documents] of Object.entries(data)) {
      this.collections.set(name, new Map((documents as Doc[]).map((one) => [keyOf(one["_id"]), one])));
    }
    for (const { id, txn, results } of sessions as { id: string; txn: number; results: [number, number][] }[])
      this.sessions.set(id, { txn, results: new Map(results) });
    this.floor = { ts: at.ts, t: at.t };
  }

  clear(): void {
    this.rewritten = true;
    this.collections.clear();
    this.sessions.clear();
    this.applied = [];
    this.durable = 0;
    this.floor = NEVER;
  }

  collection(name: string): Collection {
    let found = this.collections.get(name);
    if (!found) this.collections.set(name, (found = new Map()));
    return found;
  }

  private pop(): Entry {
    const { entry, undo } = this.applied.pop()!;
    undo();
    return entry;
  }

  private apply({ op, ns, o, session }: Entry): () => void {
    const data = op === "n" ? undefined : this.change(op, ns, o);
    const remembered = session && this.remember(session);
    return () => {
      remembered?.();
      data?.();
    };
  }

  private change(op: "i" | "u" | "d" | "c", ns: string, o: Doc): () => void {
    if (op === "c") {
      const before = this.collections.get(ns);
      this.collections.delete(ns);
      return () => {
        if (before) this.collections.set(ns, before);
      };
    }
    const documents = this.collection(ns);
    const key = keyOf(o["_id"]);
    const before = documents.get(key);
    if (op === "d") documents.delete(key);
    else documents.set(key, o);
    return () => {
      if (before) documents.set(key, before);
      else documents.delete(key);
    };
  }

  private remember({ id, txn, statement, n }: NonNullable<Entry["session"]>): () => void {
    const before = this.sessions.get(id);
    const results = new Map(before?.txn === txn ? before.results : []);
    this.sessions.set(id, { txn, results: results.set(statement, n) });
    return () => {
      if (before) this.sessions.set(id, before);
      else this.sessions.delete(id);
    };
  }
}
