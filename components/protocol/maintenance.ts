import { type Window, parseWindow } from "./windows";

/** How agents replace the pods of a database where Kubernetes does not: the value of the annotation `MAINTENANCE`, in JSON. */
export interface Maintenance {
  /** When they may, as {@link parseWeeklyWindow} reads them. */
  windows: string[];
  /** The primary's pod stays until somebody has it hand over. */
  supervised?: boolean;
}

/** Shortest window, minutes: what begins in it may end after it, so a shorter one would promise what it does not keep. */
export const SHORTEST_WINDOW_MINUTES = 30;

/** How the days of a week are called, from the one that UTC counts as 0. */
export const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** A window that comes each week. */
export interface WeeklyWindow extends Window {
  /** Days on which it begins, by their places in {@link DAYS}. */
  days: ReadonlySet<number>;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The window that a text means, in UTC: `02:00-04:00` each day, or with days before it, as in `Sun 02:00-04:00`, `Sat,Sun 23:00-01:00`
 * or `Mon-Fri 02:00-04:00`. One that ends on the next day belongs to the day on which it begins.
 *
 * @returns `undefined` when it means none
 */
export function parseWeeklyWindow(text: string): WeeklyWindow | undefined {
  const words = text.split(" ");
  const times = parseWindow(words.at(-1) ?? "");
  if (times === undefined || words.length > 2) return undefined;
  const days = words.length === 2 ? daysOf(words[0] ?? "") : new Set(DAYS.keys());
  return days && { ...times, days };
}

function daysOf(text: string): Set<number> | undefined {
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const ends = part.split("-").map((day) => DAYS.findIndex((known) => known === day));
    const [first = -1, last = first] = ends;
    if (ends.length > 2 || first < 0 || last < 0) return undefined;
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

/** Whether one of the windows is open. @param now - ms since 1970 */
export function isOpen(windows: readonly string[], now: number): boolean {
  return openings(windows, now).some(({ start, end }) => start <= now && now < end);
}

/** When the next of the windows opens, ms since 1970; `undefined` where none does. */
export function nextOpening(windows: readonly string[], now: number): number | undefined {
  const coming = openings(windows, now).filter(({ start }) => start > now);
  return coming.length === 0 ? undefined : Math.min(...coming.map(({ start }) => start));
}

/** From the day before on, for one that has not ended, through the same day of the next week. */
function openings(windows: readonly string[], now: number): { start: number; end: number }[] {
  const today = Math.floor(now / DAY) * DAY;
  return windows.flatMap((text) => {
    const window = parseWeeklyWindow(text);
    if (window === undefined) return [];
    return [...Array(DAYS.length + 2).keys()]
      .map((later) => today + (later - 1) * DAY)
      .filter((day) => window.days.has(new Date(day).getUTCDay()))
      .map((day) => ({ start: day + window.start * MINUTE, end: day + window.end * MINUTE }));
  });
}
