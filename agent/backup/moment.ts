import type { Positions } from "../core/engine";
import type { Written } from "./events";
import { viewOf, type Segment, type View } from "./view";

/** From when to when any moment can be restored, ms since 1970. */
export interface Interval {
  from: number;
  to: number;
}

/**
 * A random one of the moments that the log can be cut at: of the window, and of no gap.
 *
 * @param since - the window's beginning, ms since 1970
 * @param random - from 0 up to, and without, 1
 * @returns `undefined` where there is none: nothing was committed since the first copy
 */
export function randomMoment(
  events: readonly Written[],
  positions: Positions,
  since: number,
  random: () => number,
): number | undefined {
  const view = viewOf(events, positions);
  const intervals = view.segments
    .flatMap((segment, index) => cuttable(segment, view, index === view.segments.length - 1, positions))
    .map(({ from, to }) => ({ from: Math.max(from, since), to }))
    .filter(({ from, to }) => from < to);
  const all = intervals.reduce((sum, { from, to }) => sum + to - from, 0);
  let left = random() * all;
  for (const { from, to } of intervals) {
    if (left < to - from) return Math.floor(from + left);
    left -= to - from;
  }
  return undefined;
}

/** From the first stretch on that goes beyond a copy: by the log's own times, and not by the clock of who made the copy. */
function cuttable(segment: Segment, view: View, newest: boolean, positions: Positions): Interval[] {
  const { contains, unite } = positions;
  const copies = view.bases.map(({ position }) => position).filter((copy) => contains(copy, segment.start));
  let reached = segment.start;
  for (const { after, last } of segment.pieces) {
    reached = unite(reached, after);
    const beyond = copies.some((copy) => contains(reached, copy) && !contains(copy, reached));
    if (last === undefined || !beyond) continue;
    const end = segment.pieces.findLast((piece) => piece.last !== undefined)?.last ?? 0;
    const to = newest ? (view.restorable?.until ?? 0) : Math.floor(end / 1000);
    return [{ from: Math.ceil(last / 1000), to }];
  }
  return [];
}
