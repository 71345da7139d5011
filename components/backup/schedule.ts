import { createHash } from "node:crypto";
import type { BackupScheduleArgs } from "./args";
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
export function cronOf(
  database: string,
  { window = BACKUP_DEFAULTS.window, cron }: BackupScheduleArgs = {},
): string {
  if (cron !== undefined) return cron;
  const parsed = parseWindow(window);
  if (parsed === undefined) throw new Error(`${window} was not checked`);
  const minute = (parsed.start + (stableNumber(database) % (parsed.end - parsed.start))) % MINUTES_OF_DAY;
  return `${minute % 60} ${Math.floor(minute / 60)} * * *`;
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
