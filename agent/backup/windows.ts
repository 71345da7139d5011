import type { Positions } from "../core/engine";
import type { View } from "./view";

/** Moments that can be restored: all from one to the other, ms since 1970. */
export interface Window {
  from: number;
  to: number;
}

/** What can be restored of a life, the oldest first. By positions: a copy counts only with a log that leads on from it. */
export function windowsOf(view: View, positions: Positions): Window[] {
  const { contains, unite } = positions;
  return view.segments
    .flatMap((segment, index): Window[] => {
      const last = index === view.segments.length - 1;
      const bases = view.bases.filter(
        ({ position }) =>
          contains(position, segment.start) &&
          // What was copied after a hole is beyond what is before it.
          (last || contains(segment.covered, position)),
      );
      if (bases.length === 0) return [];
      const from = Math.min(...bases.map(({ finished }) => finished));
      const to = last ? endOf(view, unite, contains) : gapAfter(view, segment.covered, contains);
      const logged = segment.pieces.reduce((latest, piece) => Math.max(latest, (piece.last ?? 0) / 1000), 0);
      return [{ from, to: Math.max(from, to ?? logged) }];
    })
    .sort((a, b) => a.from - b.from);
}

/** Until when all is stored, where that was said, and is so. */
function endOf(
  { restorable, segments, bases }: View,
  unite: Positions["unite"],
  contains: Positions["contains"],
): number | undefined {
  if (restorable === undefined) return undefined;
  const there = bases.reduce((all, { position }) => unite(all, position), segments.at(-1)?.covered ?? "");
  return contains(there, restorable.position) ? restorable.until : undefined;
}

function gapAfter({ gaps }: View, covered: string, contains: Positions["contains"]): number | undefined {
  const after = gaps.filter(({ before }) => contains(before, covered)).map(({ from }) => from);
  return after.length === 0 ? undefined : Math.min(...after);
}
