import type { LogPosition } from "./replication";

/** How one member's data relates to another's. `unknown`: the data does not tell. */
export type Extent = "equal" | "ahead" | "behind" | "unknown";

/**
 * How far `own` goes, seen from `other`. One term has one primary, and all data with a mark of that term is a beginning of its log; so
 * terms are compared first, then what is known exactly, then the marks: who lacks a mark that another has is behind.
 */
export function extent(own: LogPosition, other: LogPosition): Extent {
  if (own.term !== other.term) return order(own.term, other.term);
  if (own.offset !== undefined && other.offset !== undefined) return order(own.offset, other.offset);
  if (own.mark !== other.mark) return order(own.mark, other.mark);
  return own.term === 0 ? "equal" : "unknown";
}

/** Whether `own` is known to have all that `other` has. */
export function contains(own: LogPosition, other: LogPosition): boolean {
  const relation = extent(own, other);
  return relation === "equal" || relation === "ahead";
}

function order(own: number, other: number): Extent {
  if (own === other) return "equal";
  return own > other ? "ahead" : "behind";
}
