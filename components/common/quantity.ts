// Agents read sizes of claims as well, so it stands with what they share.
export { parseBytes } from "../protocol/quantity";

/**
 * Processors of a Kubernetes quantity such as `500m` or `2`.
 *
 * @returns `undefined` when the text is not a quantity of processors, or is zero or finer than `1m`.
 */
export function parseCpus(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d{1,3})?)(m?)$/.exec(quantity);
  if (!match) return undefined;
  const [, digits = "", milli] = match;
  if (milli && digits.includes(".")) return undefined;
  const cpus = Number(digits) / (milli ? 1000 : 1);
  return cpus > 0 ? cpus : undefined;
}

/** How many bytes a mebibyte has. */
export const MEBIBYTE = 1024 ** 2;
export const GIBIBYTE = 1024 ** 3;

/** How many seconds each unit of a duration has. */
const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Seconds of a duration such as `10s`, `5m`, `1h` or `14d`.
 *
 * @returns `undefined` when the text is not a whole number with one of these units.
 */
export function parseSeconds(duration: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(duration) ?? [];
  const factor = seconds[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** Milliseconds of a duration such as `500ms`, or as {@link parseSeconds} takes it. */
export function parseMilliseconds(duration: string): number | undefined {
  const [, digits] = /^(\d{1,9})ms$/.exec(duration) ?? [];
  if (digits !== undefined) return Number(digits);
  const whole = parseSeconds(duration);
  return whole === undefined ? undefined : whole * 1000;
}
