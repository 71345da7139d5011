const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** A time span in its largest unit that it has two of, or one: `14 d`, `36 h`, `6 s`. @param ms its length */
export function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= 2 * length) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** A moment in UTC, to the second. @param ms since 1970 */
export function momentOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A size for people. */
export function sizeOf(bytes: number): string {
  const steps = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(steps.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${step === 0 ? value : value.toFixed(1)} ${steps[step] ?? "B"}`;
}
