import type { Logged, Positions } from "../core/engine";
import type { Base, Piece, Position, Restorable, Written } from "./events";
import { viewOf, wayTo, type Segment, type View, type Way } from "./view";

/** What is asked for; neither: all that there is. */
export interface Wanted {
  /** ms since 1970: what was committed until then. */
  time?: number;
  /** What was committed before it. */
  beforeTransaction?: string;
}

/** Where a restore is to end, and how it gets there. */
export interface Target {
  /** All that must be there in the end, and nothing else. */
  position: Position;
  /** The first transaction that must not be there. */
  before?: string;
  way: Way;
  /** The pieces of the log that are replayed on the copy, in their order. */
  pieces: Written<Piece>[];
}

/** What a catalogue and its log are read by. */
export interface LogReader {
  positions: Positions;
  /** The transactions of a piece, in their order. */
  transactionsOf: (piece: Piece) => AsyncIterable<Logged>;
  /** Whether a piece may hold a transaction of that name. @default whether the position after it has it */
  mayHold?: (piece: Piece, name: string) => boolean;
}

/** What is asked for is not there. */
export class NotRestorable extends Error {}

/**
 * Finds where a restore is to end, by what the catalogue says alone. What is asked for must be reachable without a hole: the end of
 * a log that lacks something is not taken for its end.
 *
 * @throws NotRestorable that says what can be restored
 */
export async function findTarget(
  events: readonly Written[],
  wanted: Wanted,
  reader: LogReader,
): Promise<Target> {
  const { positions } = reader;
  const view = viewOf(events, positions);
  if (view.bases.length === 0) throw new NotRestorable("there is no full copy yet, only log");
  const { position, before, segment } = await cutAt(view, events, wanted, reader);
  const segments = segment ? [segment] : view.segments;
  const way =
    wayTo(position, { ...view, segments }, positions) ??
    (segments.length === 0 ? withoutLog(view, position, positions) : undefined);
  if (way === undefined) throw new NotRestorable(unreachable(view, wanted));
  checkBegins(view, way, position, wanted, positions);
  return {
    position,
    ...(before === undefined ? {} : { before }),
    way,
    pieces: piecesFor(way, position, positions),
  };
}

/** Where no log was ever stored, the newest copy is all that there is. */
function withoutLog(view: View, position: Position, positions: Positions): Way | undefined {
  const base = view.bases.find((one) => positions.contains(one.position, position));
  return base && { base, segment: { start: base.position, covered: base.position, pieces: [] } };
}

/** A position in the log, and the segment that it was found in. */
interface Cut {
  position: Position;
  before?: string;
  segment?: Segment;
}

async function cutAt(
  view: View,
  events: readonly Written[],
  wanted: Wanted,
  reader: LogReader,
): Promise<Cut> {
  const { positions } = reader;
  const { time, beforeTransaction } = wanted;
  if (beforeTransaction !== undefined) {
    for (const segment of view.segments) {
      const cut = await firstOf(
        segment,
        (piece) =>
          reader.mayHold?.(piece, beforeTransaction) ?? positions.contains(piece.after, beforeTransaction),
        reader,
        (one) => sameTransaction(one.name ?? one.transaction, beforeTransaction),
      );
      if (cut) return cut;
    }
    throw new NotRestorable(`no log that is stored has the transaction ${beforeTransaction}`);
  }
  if (time === undefined) return { position: all(view, events, positions) };
  const gap = view.gaps.find(({ from, to }) => from < time && time < to);
  if (gap) {
    throw new NotRestorable(
      `${iso(time)} lies in a gap: nothing from ${iso(gap.from)} to ${iso(gap.to)} can be restored (${gap.why})`,
    );
  }
  const microseconds = time * 1000;
  // The last log that begins before the moment; what comes after a gap has all of it behind it.
  const segments = [...view.segments].reverse();
  for (const segment of segments) {
    const begins = segment.pieces.find(({ first }) => first !== undefined)?.first ?? Infinity;
    if (begins > microseconds && segment !== segments.at(-1)) continue;
    const cut = await firstOf(
      segment,
      ({ last }) => (last ?? Infinity) > microseconds,
      reader,
      (one) => one.committed > microseconds,
    );
    if (cut) return cut;
    if ((view.restorable?.until ?? 0) < time) {
      throw new NotRestorable(
        `${iso(time)} is after the last moment that is known to be stored, ${iso(view.restorable?.until)}`,
      );
    }
    const said = saidAt(view, events, time);
    // Its end may be that of what is left of it.
    if (!positions.contains(segment.covered, said)) throw new NotRestorable(unreachable(view, wanted));
    return { position: segment.covered, segment };
  }
  throw new NotRestorable("there is no log");
}

/** What was stored at a moment at which nothing was committed any more, as far as anybody has written it down. */
function saidAt(view: View, events: readonly Written[], time: number): Position {
  const gap = view.gaps
    .filter(({ from }) => from >= time)
    .sort((a, b) => a.from - b.from)
    .at(0);
  if (gap) return gap.before;
  const said = events.filter(
    (event): event is Written<Restorable> => event.kind === "restorable" && event.until >= time,
  );
  return said.sort((a, b) => a.until - b.until).at(0)?.position ?? "";
}

/** The first transaction that fits, of those that the log before it has not got; and what is there before it. */
async function firstOf(
  segment: Segment,
  mayHave: (piece: Piece) => boolean,
  { positions, transactionsOf }: LogReader,
  fits: (one: Logged) => boolean,
): Promise<Cut | undefined> {
  let position = segment.start;
  for (const piece of segment.pieces) {
    if (mayHave(piece)) {
      let inside = position;
      for await (const one of transactionsOf(piece)) {
        if (positions.contains(position, one.transaction)) continue;
        if (fits(one)) {
          const { transaction: before, before: lies = "" } = one;
          return { position: positions.unite(inside, lies), before, segment };
        }
        inside = positions.unite(inside, one.transaction);
      }
    }
    position = positions.unite(position, piece.after);
  }
  return undefined;
}

/** Everything of which anybody has said that it is stored. */
function all(view: View, events: readonly Written[], positions: Positions): Position {
  let position = view.restorable?.position ?? "";
  for (const event of events) {
    if (event.kind === "base") position = positions.unite(position, event.position);
    if (event.kind === "piece") position = positions.unite(position, event.after);
  }
  return position;
}

/** Where nothing of the log was committed before the moment, a copy must have been made before it. */
function checkBegins(
  { bases }: View,
  way: Way,
  position: Position,
  { time }: Wanted,
  { contains }: Positions,
): void {
  if (time === undefined || way.base.finished <= time) return;
  const before = (base: Base): boolean =>
    contains(position, base.position) && (base.finished <= time || !contains(base.position, position));
  if (bases.some(before)) return;
  throw new NotRestorable(
    `the oldest moment that can be restored is after ${iso(time)}: the first full copy was finished at ${iso(way.base.finished)}`,
  );
}

/** From the first that has something that the copy lacks, to the one that has the last. */
function piecesFor({ base, segment }: Way, position: Position, positions: Positions): Written<Piece>[] {
  const found: Written<Piece>[] = [];
  let reached = base.position;
  for (const piece of segment.pieces) {
    if (positions.contains(reached, position)) break;
    if (positions.contains(reached, piece.after)) continue;
    found.push(piece);
    reached = positions.unite(reached, piece.after);
  }
  return found;
}

function unreachable({ broken, gaps, bases }: View, wanted: Wanted): string {
  const what = wanted.time === undefined ? "what is asked for" : iso(wanted.time);
  const first = Math.min(...bases.map(({ finished }) => finished));
  if (wanted.time !== undefined && wanted.time < first) {
    return `no full copy leads to ${what} without a hole: the first that is there was finished at ${iso(first)}; a later moment may be had`;
  }
  const gap = gaps.at(-1);
  const why = broken
    ? "something that was stored is missing"
    : gap
      ? `after the gap from ${iso(gap.from)} to ${iso(gap.to)} there is no full copy yet`
      : `the first full copy was finished at ${iso(first)}`;
  return `no full copy leads to ${what} without a hole: ${why}; a moment before it may be had`;
}

function sameTransaction(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function iso(time: number | undefined): string {
  return time === undefined ? "which nobody has said" : new Date(time).toISOString();
}
