import { Timestamp } from "bson";

/**
 * A place in the oplog: a time that only grows, and the term of the primary that wrote it. The term counts first.
 * https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/ (optimes)
 */
export interface OpTime {
  /** Seconds and a count, in one number. */
  ts: number;
  t: number;
}

const COUNTS = 2 ** 20;

export const NEVER: OpTime = { ts: 0, t: -1 };

export function compare(a: OpTime, b: OpTime): number {
  return a.t === b.t ? a.ts - b.ts : a.t - b.t;
}

export function same(a: OpTime, b: OpTime): boolean {
  return a.ts === b.ts && a.t === b.t;
}

/** The next one, `now` in ms. */
export function following(last: OpTime, now: number, term: number): OpTime {
  return { ts: Math.max(last.ts + 1, (Math.floor(now / 1000) + 1) * COUNTS), t: term };
}

/** As the server writes it. */
export function shown({ ts, t }: OpTime): { ts: Timestamp; t: number } {
  return { ts: new Timestamp({ t: Math.floor(ts / COUNTS), i: ts % COUNTS }), t };
}
