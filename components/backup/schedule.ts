import { createHash } from "node:crypto";
import { type BackupScheduleArgs, DrillInterval } from "./args";
import { parseWindow } from "../protocol/windows";
import { BACKUP_DEFAULTS } from "./defaults";

const MINUTES_OF_DAY = 24 * 60;

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
