import type { Distance } from "../core/types";
import { compareTimes, parsePosition } from "./position";

/** How far a replica is behind, in seconds of the primary's clock; less than one counts as one. */
export function lagOf(own: string, primary: string): Distance | undefined {
  const [mine, theirs] = [parsePosition(own), parsePosition(primary)];
  if (!mine || !theirs) return undefined;
  const isBehind = compareTimes(mine, theirs) < 0;
  return { amount: isBehind ? Math.max(1, theirs.seconds - mine.seconds) : 0, unit: "seconds" };
}
