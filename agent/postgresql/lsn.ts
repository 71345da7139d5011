/** As much of the log as the first of the two numbers in a place counts, bytes. */
const HIGH = 2 ** 32;

/** A place in the log as PostgreSQL writes it, `0/3000060`. */
export function printLsn(at: number): string {
  return `${Math.floor(at / HIGH).toString(16)}/${(at % HIGH).toString(16)}`.toUpperCase();
}

/** Reads it again; `undefined` for what is none. */
export function parseLsn(text: string): number | undefined {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) ?? [];
  return high === undefined || low === undefined ? undefined : parseInt(high, 16) * HIGH + parseInt(low, 16);
}

/** Where a file of the log begins, and of which timeline it is. */
export interface SegmentPlace {
  timeline: number;
  from: number;
}

/** Name of the file that has a byte of the log. */
export function segmentName(timeline: number, at: number, segmentBytes: number): string {
  const high = Math.floor(at / HIGH);
  const low = Math.floor((at % HIGH) / segmentBytes);
  return [timeline, high, low].map(hex).join("");
}

/** @throws Error for what is no name of a file of the log. */
export function parseSegment(name: string, segmentBytes: number): SegmentPlace {
  if (!isSegment(name)) throw new Error(`${name} is no file of the log`);
  const [timeline, high, low] = [0, 8, 16].map((at) => parseInt(name.slice(at, at + 8), 16));
  return { timeline: timeline ?? 0, from: (high ?? 0) * HIGH + (low ?? 0) * segmentBytes };
}

/** Whether a name is that of a file of the log, and not that of something beside them. */
export function isSegment(name: string): boolean {
  return /^[0-9A-F]{24}$/.test(name);
}

/** Name of the file that tells how a timeline came about. */
export function historyName(timeline: number): string {
  return `${hex(timeline)}.history`;
}

/** A timeline's part of the log. */
export interface Range {
  timeline: number;
  from: number;
  to: number;
}

/**
 * The timelines before another one, from the first: each ends where the next one begins.
 * https://www.postgresql.org/docs/17/continuous-archiving.html (timelines)
 */
export function parseHistory(text: string): Range[] {
  let from = 0;
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([timeline, lsn]) => /^\d+$/.test(timeline ?? "") && lsn !== undefined)
    .map(([timeline, lsn = ""]) => {
      const to = parseLsn(lsn);
      if (to === undefined) throw new Error(`a timeline ends at ${lsn}, which is no place in the log`);
      const range = { timeline: Number(timeline), from, to };
      from = to;
      return range;
    });
}

/** That file again. */
export function printHistory(ranges: readonly Range[]): string {
  return ranges.map(({ timeline, to }) => `${timeline}\t${printLsn(to)}\tas it was stored\n`).join("");
}

function hex(number: number): string {
  return number.toString(16).toUpperCase().padStart(8, "0");
}
