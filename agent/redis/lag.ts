import type { Distance } from "../core/types";
import { parsePosition } from "./position";

/** How far a replica is behind, in bytes of the stream of writes; by the last mark, where the servers count another history. */
export function lagOf(own: string, primary: string): Distance | undefined {
  const [mine, theirs] = [parsePosition(own), parsePosition(primary)];
  if (mine === undefined || theirs === undefined || mine.term !== theirs.term) return undefined;
  const same = mine.place !== undefined && mine.place.history === theirs.place?.history;
  const missing = same
    ? (theirs.place?.offset ?? 0) - (mine.place?.offset ?? 0)
    : theirs.offset - mine.offset;
  return { amount: Math.max(0, missing), unit: "bytes" };
}
