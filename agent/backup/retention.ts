import type { Positions } from "../core/engine";
import type { Base, Piece, Written } from "./events";
import { heldUntil, lastDrill, viewOf } from "./view";

/** Sayings of until when all was stored are of use to nobody after that, ms. */
const SAYINGS_LAST = 24 * 3_600_000;

/** What may be deleted. */
export interface Outdated {
  bases: Written<Base>[];
  pieces: Written<Piece>[];
  /** Entries alone. */
  entries: Written[];
  /** Where the log then begins: all of this is in the oldest copy that is kept. Absent where no log is deleted. */
  start?: string;
}

const NOTHING: Outdated = { bases: [], pieces: [], entries: [] };

/**
 * What is of no use to any moment of the window: copies before the newest one that is older than it, and the log that this one
 * holds. Nothing while somebody restores, while the last drill failed, and never the last copy. Old is what is so by its writer's
 * clock and by the store's: what cannot be dated by both stays.
 *
 * @param now - ms since 1970, by more than one clock
 * @param retention - how long the window is, ms
 */
export function outdated(
  events: readonly Written[],
  positions: Positions,
  now: number,
  retention: number,
): Outdated {
  const view = viewOf(events, positions);
  if (heldUntil(events) > now || lastDrill(view)?.good === false) return NOTHING;
  const began = now - retention;
  const entries = events.filter((event) => isPast(event, now, began) && event.name !== view.restorable?.name);
  const { contains } = positions;
  const old = view.bases.filter(({ finished, stored = Infinity }) => Math.max(finished, stored) < began);
  const kept = old.reduce<Written<Base> | undefined>(
    (newest, base) => (newest && !contains(base.position, newest.position) ? newest : base),
    undefined,
  );
  if (kept === undefined) return { ...NOTHING, entries };
  const pieces = view.segments.flatMap((segment) => segment.pieces);
  // By positions, and not by times; and a file goes as a whole, since the rest of it is not read without its beginning.
  const needed = new Set(pieces.filter(({ after }) => !contains(kept.position, after)).map(fileOf));
  const gone = pieces.filter((piece) => !needed.has(fileOf(piece)));
  return {
    bases: old.filter((base) => base !== kept && contains(kept.position, base.position)),
    pieces: gone,
    entries,
    ...(gone.length > 0 ? { start: kept.position } : {}),
  };
}

/** What was only said, and lies before the window. */
function isPast(event: Written, now: number, began: number): boolean {
  switch (event.kind) {
    case "restorable":
      return Math.max(event.at, event.stored ?? event.at) < now - SAYINGS_LAST;
    case "gap":
      return Math.max(event.to, event.stored ?? Infinity) < began;
    case "drill":
    case "hold":
      return Math.max(event.at, event.stored ?? Infinity) < began;
    default:
      return false;
  }
}

/** Which file of which member a piece is of. */
export function fileOf({ file, head }: Piece): string {
  return `${file} ${head}`;
}
