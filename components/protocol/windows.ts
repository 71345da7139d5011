const MINUTES_OF_DAY = 24 * 60;

/** A time of the day, in minutes since midnight; `end` may lie on the next day. */
export interface Window {
  start: number;
  end: number;
}

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
