import { parsePosition } from "./position";

const MEBIBYTE = 1024 ** 2;

/** How far a member is behind the primary, for people; nothing when they are on different timelines. */
export function lagOf(own: string, primary: string): string | undefined {
  const count = bytesBehind(own, primary);
  if (count === undefined) return undefined;
  if (count === 0) return "none";
  return count < MEBIBYTE ? `${Math.ceil(count / 1024)} KiB` : `${(count / MEBIBYTE).toFixed(1)} MiB`;
}

/**
 * How many bytes of the log the primary has written that a member has not, from the positions of both.
 *
 * @returns nothing when the two are on different timelines, whose bytes do not compare
 */
function bytesBehind(own: string, primary: string): number | undefined {
  const [here, there] = [parsePosition(own), parsePosition(primary)];
  return here.timeline === there.timeline ? Math.max(0, there.at - here.at) : undefined;
}
