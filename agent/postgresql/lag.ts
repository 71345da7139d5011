import { parsePosition } from "./position";

/**
 * How many bytes of the log the primary has written that a member has not, from the positions of both.
 *
 * @returns nothing when the two are on different timelines, whose bytes do not compare
 */
export function bytesBehind(own: string, primary: string): number | undefined {
  const [here, there] = [parsePosition(own), parsePosition(primary)];
  return here.timeline === there.timeline ? Math.max(0, there.at - here.at) : undefined;
}
