const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["k", "M", "G", "T", "P", "E"];

/**
 * Bytes of a Kubernetes quantity such as `20Gi` or `500M`.
 *
 * @returns `undefined` when the text is not a quantity of bytes: no number, a unit of its own
 *   (`20GB`), a fraction of a byte (`100m`), zero or less.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity);
  if (!match) return undefined;
  const [, digits = "", unit = ""] = match;
  const factor = unitFactor(unit);
  if (factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return bytes >= 1 ? Math.ceil(bytes) : undefined;
}

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

function unitFactor(unit: string): number | undefined {
  if (unit === "") return 1;
  const binaryPower = binary.indexOf(unit);
  if (binaryPower >= 0) return 1024 ** (binaryPower + 1);
  const decimalPower = decimal.indexOf(unit);
  return decimalPower >= 0 ? 1000 ** (decimalPower + 1) : undefined;
}

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
