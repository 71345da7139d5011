import type { Distance } from "../core/types";
import { parseGtids, type GtidSet } from "./gtid";
import type { Position } from "./position";

/** How many transactions the primary has committed that a member has not, from the positions of both. */
export function lagOf(own: string, primary: string): Distance {
  return { amount: countMissing(executed(primary), executed(own)), unit: "transactions" };
}

/** How many transactions of `whole` are not in `part`. */
export function countMissing(whole: GtidSet, part: GtidSet): number {
  let missing = 0;
  for (const [source, intervals] of whole) {
    const held = part.get(source) ?? [];
    for (const [first, last] of intervals) {
      const common = held.reduce(
        (sum, [from, to]) => sum + Math.max(0, Math.min(last, to) - Math.max(first, from) + 1),
        0,
      );
      missing += last - first + 1 - common;
    }
  }
  return missing;
}

function executed(position: string): GtidSet {
  return parseGtids((JSON.parse(position) as Position).executed);
}
