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

function stableNumber(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}
