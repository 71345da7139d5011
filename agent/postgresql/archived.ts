import type { Positions } from "../core/engine";
import { parseLsn, printLsn, type Range } from "./lsn";

/**
 * Positions of logs that are stored: which bytes of the log, of each timeline. So what a primary wrote that was lost with it is
 * never taken for what its successor wrote at the same place.
 */
export const positions: Positions = {
  contains: (whole, part) => {
    const have = parseRanges(whole);
    return parseRanges(part).every((one) => have.some((range) => covers(range, one)));
  },
  unite: (one, other) => printRanges(tidy([...parseRanges(one), ...parseRanges(other)])),
};

/** Reads a position, `1:0/0-0/3000060,2:0/3000060-0/5000000`. @throws Error for what is none */
export function parseRanges(text: string): Range[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [, timeline, from, to] = /^(\d+):([0-9A-F/]+)-([0-9A-F/]+)$/i.exec(part) ?? [];
    const [begins, ends] = [parseLsn(from ?? ""), parseLsn(to ?? "")];
    if (begins === undefined || ends === undefined) throw new Error(`${part} is no position in the log`);
    return { timeline: Number(timeline), from: begins, to: ends };
  });
}

/** Writes it. */
export function printRanges(ranges: readonly Range[]): string {
  return ranges
    .filter(({ from, to }) => to > from)
    .map(({ timeline, from, to }) => `${timeline}:${printLsn(from)}-${printLsn(to)}`)
    .join(",");
}

/** How far a position holds the log of a history, without a hole from its beginning on. */
export function reachOf(archived: string, path: readonly Range[]): number {
  const have = parseRanges(archived);
  let reach = 0;
  for (const part of path) {
    const held = have.find((one) => one.timeline === part.timeline && one.from <= part.from);
    reach = Math.max(reach, Math.min(held?.to ?? 0, part.to));
    if (reach < part.to) break;
  }
  return reach;
}

/** A history up to a place in the log. */
export function upTo(path: readonly Range[], at: number): Range[] {
  return path.filter(({ from }) => from < at).map((part) => ({ ...part, to: Math.min(part.to, at) }));
}

function covers(range: Range, one: Range): boolean {
  return range.timeline === one.timeline && range.from <= one.from && one.to <= range.to;
}

/** In order, and with those in one that touch. */
function tidy(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.sort((a, b) => a.timeline - b.timeline || a.from - b.from)) {
    const last = result.at(-1);
    if (last?.timeline === range.timeline && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else result.push({ ...range });
  }
  return result;
}
