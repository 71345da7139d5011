import type { Positions } from "../core/engine";
import type { Base, Drill, Gap, Hold, Piece, Position, Restorable, Start, Written } from "./events";

/** Log without a hole. */
export interface Segment {
  /** What comes from a base alone. */
  start: Position;
  /** What is there when all of its pieces are replayed on that. */
  covered: Position;
  /** In an order in which each can be replayed on those before it. */
  pieces: Written<Piece>[];
}

/** What a catalogue comes to. */
export interface View {
  segments: Segment[];
  /** Pieces that cannot be replayed on any others: something before them is missing, and no gap was written down. */
  stray: Written<Piece>[];
  bases: Written<Base>[];
  gaps: Written<Gap>[];
  drills: Written<Drill>[];
  holds: Written<Hold>[];
  /** The last word on until when all is stored. */
  restorable: Written<Restorable> | undefined;
  /** What was said to be stored and is not: an entry or a piece is missing. */
  broken: boolean;
}

/** Puts events together by their positions alone: names and times order nothing. */
export function viewOf(events: readonly Written[], positions: Positions): View {
  const of = <K extends Written["kind"]>(kind: K) =>
    events.filter((event): event is Extract<Written, { kind: K }> => event.kind === kind);
  const segments: Segment[] = [];
  let rest = of("piece") as Written<Piece>[];
  for (const { position } of (of("start") as Written<Start>[]).sort(byTime)) {
    if (segments.some(({ covered }) => positions.contains(covered, position))) continue;
    const segment: Segment = { start: position, covered: position, pieces: [] };
    rest = append(segment, rest, positions);
    segments.push(segment);
  }
  const said = of("restorable") as Written<Restorable>[];
  // Two words of one moment are told apart by what they hold, as names order nothing.
  const later = (a: Restorable, b: Restorable): number =>
    a.until - b.until || (positions.contains(b.position, a.position) ? -1 : 1);
  const last = said.sort(later).at(-1);
  // What a base alone holds is said of no log.
  const covered = segments.map((segment) => segment.covered);
  const broken =
    rest.length > 0 || (last !== undefined && !covered.some((one) => positions.contains(one, last.position)));
  return {
    segments: segments.filter(({ pieces }, index) => pieces.length > 0 || index === segments.length - 1),
    stray: rest,
    bases: of("base"),
    gaps: of("gap"),
    drills: of("drill"),
    holds: of("hold"),
    restorable: last,
    broken,
  };
}

/** Takes what can be replayed, until nothing more can. @returns the rest */
function append(segment: Segment, pieces: readonly Written<Piece>[], positions: Positions): Written<Piece>[] {
  let rest = [...pieces].sort(byTime);
  for (;;) {
    const left: Written<Piece>[] = [];
    for (const piece of rest) {
      if (!positions.contains(segment.covered, piece.before)) {
        left.push(piece);
        continue;
      }
      segment.pieces.push(piece);
      segment.covered = positions.unite(segment.covered, piece.after);
    }
    if (left.length === rest.length) return left;
    rest = left;
  }
}

/** Only for speed, and for people. */
function byTime(a: Written, b: Written): number {
  return a.at - b.at || (a.name < b.name ? -1 : 1);
}

/** The drill that ended last: by the store's clock, as those who make them have each their own. */
export function lastDrill({ drills }: View): Written<Drill> | undefined {
  return [...drills].sort((a, b) => (a.stored ?? a.at) - (b.stored ?? b.at)).at(-1);
}

/**
 * Until when nothing may be deleted, ms since 1970: a hold lasts as long as its writer meant, from when the store had it, whatever
 * its writer took for now.
 * @returns 0 where there never was one
 */
export function heldUntil(events: readonly Written[]): number {
  const ends = events.map((event) =>
    event.kind === "hold" ? event.until + (event.stored === undefined ? 0 : event.stored - event.at) : 0,
  );
  return Math.max(0, ...ends);
}

/** What is replayed to come to a position. */
export interface Way {
  base: Written<Base>;
  segment: Segment;
}

/** How a position is reached: from the newest base that is not beyond it. @returns `undefined` when it cannot be */
export function wayTo(target: Position, view: View, positions: Positions): Way | undefined {
  for (const base of [...view.bases].sort(byTime).reverse()) {
    if (!positions.contains(target, base.position)) continue;
    for (const segment of view.segments) {
      if (!positions.contains(base.position, segment.start)) continue;
      const reached = positions.unite(segment.covered, base.position);
      if (positions.contains(reached, target)) return { base, segment };
    }
  }
  return undefined;
}
