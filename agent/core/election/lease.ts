import type { Ordinal } from "../types";
import type { LogPosition } from "./replication";

/** Who was elected in a term. */
export interface Former {
  ordinal: Ordinal;
  term: number;
}

/** Most of them that are kept. */
const MOST_FORMER = 20;

/** Who is the primary, as the API server holds it. Each write of it is a compare-and-swap. */
export interface Lease {
  /** Counts those that were elected; 0: nobody ever was. */
  term: number;
  /** The primary of this term; absent: it has given up, or none was elected. */
  holder?: Ordinal;
  /** Where the holder's data went to when it was elected. */
  position?: LogPosition;
  /**
   * Who was elected, the last one first, back to the last one that is known to have come to write. What the last that wrote has
   * acknowledged is all in its data.
   */
  former?: readonly Former[];
  /** How many members elect: those whose ordinals are lower. Absent before the first election. */
  size?: number;
}

/** A lease, and the version by which it is replaced. */
export interface StoredLease extends Lease {
  version: string;
}

/** Where the lease is kept. */
export interface LeaseStore {
  /** What is there now, never an older state. Rejects when that cannot be known. */
  read(): Promise<StoredLease>;
  /** Replaces what was read; `undefined` when it has changed since. */
  replace(next: Lease, version: string): Promise<StoredLease | undefined>;
}

/** The lease of a member that takes over, with what it has. */
export function taken(
  lease: Lease,
  ordinal: Ordinal,
  by: { term: number; position: LogPosition; size: number },
): Lease {
  const term = Math.max(lease.term + 1, by.term);
  const before = (lease.former ?? []).filter((one) => one.term >= by.position.term);
  return {
    term,
    holder: ordinal,
    position: by.position,
    former: [{ ordinal, term }, ...before].slice(0, MOST_FORMER),
    size: lease.size ?? by.size,
  };
}

/** The lease when its holder has given up. */
export function released({ term, former, size }: Lease): Lease {
  return { term, ...(former ? { former } : {}), ...(size === undefined ? {} : { size }) };
}
