import { createHash } from "node:crypto";
import { type BackupScheduleArgs, DrillInterval } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";

/** A time of the day, in minutes since midnight; `end` may lie on the next day. */
export interface Window {
  start: number;
  end: number;
}

const MINUTES_OF_DAY = 24 * 60;

/** The window that a text such as `23:00-02:00` means; `undefined` when it means none. */
export function parseWindow(text: string): Window | undefined {
  const clock = "([01]\\d|2[0-3]):([0-5]\\d)";
  const found = new RegExp(`^${clock}-${clock}$`).exec(text)?.slice(1).map(Number);
  if (found === undefined) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = found;
  const start = fromHour * 60 + fromMinute;
  const end = toHour * 60 + toMinute;
  if (start === end) return undefined;
  return { start, end: end > start ? end : end + MINUTES_OF_DAY };
}

/** When full copies of a database begin, as five fields of cron: many databases do not all begin in the same minute. */
export function cronOf(database: string, { window, cron }: BackupScheduleArgs = {}): string {
  return cron ?? `${minuteOf(database, window)} * * *`;
}

/** When restores of a database are tried, at another minute of the window. Days that each month has. */
export function drillCron(
  database: string,
  { window }: BackupScheduleArgs = {},
  every: DrillInterval,
): string {
  const own = `${database} drill`;
  const day = stableNumber(own);
  const days = {
    [DrillInterval.Daily]: "* * *",
    [DrillInterval.Weekly]: `* * ${day % 7}`,
    [DrillInterval.Monthly]: `${(day % 28) + 1} * *`,
  };
  return `${minuteOf(own, window)} ${days[every]}`;
}

/** Minute and hour. */
function minuteOf(text: string, window: string = BACKUP_DEFAULTS.window): string {
  const parsed = parseWindow(window);
  if (parsed === undefined) throw new Error(`${window} was not checked`);
  const minute = (parsed.start + (stableNumber(text) % (parsed.end - parsed.start))) % MINUTES_OF_DAY;
  return `${minute % 60} ${Math.floor(minute / 60)}`;
}

/** The most and least that each field of cron can be. @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** Whether a text is five fields of cron in numbers: `*`, `5`, `1-5`, each with `/2` behind it, and lists of them. */
export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  return (
    fields.length === FIELDS.length &&
    FIELDS.every(([least, most], index) =>
      (fields[index] ?? "").split(",").every((part) => isRange(part, least, most)),
    )
  );
}

/** The longest time between two times of five fields of cron, ms; `undefined` where it is none, or its day never comes. */
export function longestInterval(cron: string): number | undefined {
  if (!isCron(cron)) return undefined;
  const [minutes, hours, days, months, weekdays] = FIELDS.map(([least, most], index) =>
    valuesOf(cron.trim().split(/\s+/)[index] ?? "", least, most),
  );
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const [anyDay, anyWeekday] = [2, 4].map(
    (index) => cron.trim().split(/\s+/)[index]?.startsWith("*") === true,
  );
  const times: number[] = [];
  // From one leap year to the next.
  for (let day = 0; day < 4 * 366; day++) {
    const date = new Date(Date.UTC(2024, 0, 1 + day));
    const onDay = days.has(date.getUTCDate());
    const onWeekday = weekdays.has(date.getUTCDay());
    // Where both are limited, either will do.
    const falls = anyDay || anyWeekday ? onDay && onWeekday : onDay || onWeekday;
    if (!falls || !months.has(date.getUTCMonth() + 1)) continue;
    for (const hour of hours) for (const minute of minutes) times.push(+date + (hour * 60 + minute) * 60_000);
  }
  return times.length < 2
    ? undefined
    : times.slice(1).reduce((longest, time, index) => Math.max(longest, time - (times[index] ?? 0)), 0);
}

/** The values of a field, in order. */
function valuesOf(field: string, least: number, most: number): Set<number> {
  const values = field.split(",").flatMap((part) => {
    const [range = "", by = "1"] = part.split("/");
    const [from = "", to] = range.split("-");
    const first = from === "*" ? least : Number(from);
    const last = from === "*" || (to === undefined && part.includes("/")) ? most : Number(to ?? from);
    const found: number[] = [];
    for (let value = first; value <= last; value += Number(by)) found.push(value);
    return found;
  });
  return new Set(values.sort((a, b) => a - b));
}

function isRange(part: string, least: number, most: number): boolean {
  const found = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
  if (!found) return false;
  const [first = least, last = first, step = 1] = found
    .slice(1)
    .map((digits) => (digits ? Number(digits) : undefined));
  return least <= first && first <= last && last <= most && step > 0;
}

function stableNumber(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}
