import type { Distance } from "../core/types";
import { parsePosition } from "./position";

/**
 * How many bytes of the log the primary has written that a member has not, from the positions of both.
 *
 * @returns nothing when the two are on different timelines, whose bytes do not compare
 */
export function lagOf(own: string, primary: string): Distance | undefined {
  const [here, there] = [parsePosition(own), parsePosition(primary)];
  if (here.timeline !== there.timeline) return undefined;
  return { amount: Math.max(0, there.at - here.at), unit: "bytes" };
}
