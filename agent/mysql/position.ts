import type { Relation } from "../core/types";
import { contains, parseGtids, unite, type GtidSet } from "./gtid";

/** How far a server's data goes, as MySQL's own texts. */
export interface Position {
  /** `gtid_executed`: committed. */
  executed: string;
  /** Received from the group and still in the relay log; applied when the server joins or bootstraps a group. */
  received: string;
  /** `gtid_purged`: committed, but no longer in the binary logs. */
  purged: string;
}

/** The form that the core carries about without looking into it. */
export function printPosition({ executed, received, purged }: Position): string {
  return JSON.stringify({ executed, received, purged });
}

function parse(text: string): { all: GtidSet; executed: GtidSet; purged: GtidSet } {
  const { executed, received, purged } = JSON.parse(text) as Position;
  const own = parseGtids(executed);
  return { all: unite(own, parseGtids(received)), executed: own, purged: parseGtids(purged) };
}

/** Whether a text is a position. */
export function isPosition(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Compares what two servers have, received transactions included: sets, never counts. */
export function comparePositions(own: string, other: string): Relation {
  const [a, b] = [parse(own).all, parse(other).all];
  const more = contains(a, b);
  const less = contains(b, a);
  if (more && less) return "equal";
  if (more) return "ahead";
  return less ? "behind" : "diverged";
}

/** Whether the donor's binary logs still hold all that `own` lacks. */
export function canCatchUp(own: string, donor: string): boolean {
  return contains(parse(own).executed, parse(donor).purged);
}
