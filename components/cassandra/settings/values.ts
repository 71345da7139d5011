import { badNumber, bounds, outOfBounds } from "../../settings/bounds";
import type { SettingMistake } from "../../settings/check";
import type { Setting } from "../../settings/table";
import { choiceMistake, switchMistake } from "../../settings/words";

/** Units of each kind, and what a number of each counts of the first one. They are written exactly so, right behind the number. */
const UNITS: readonly Readonly<Record<string, bigint>>[] = [
  {
    ns: 1n,
    us: 1_000n,
    ms: 1_000_000n,
    s: 1_000_000_000n,
    m: 60_000_000_000n,
    h: 3_600_000_000_000n,
    d: 86_400_000_000_000n,
  },
  { B: 1n, KiB: 2n ** 10n, MiB: 2n ** 20n, GiB: 2n ** 30n },
  { "B/s": 1n, "KiB/s": 2n ** 10n, "MiB/s": 2n ** 20n },
];

/** How people write units elsewhere, and what of them is the server's. */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/^b(ytes?)?$/i, "B"],
  [/^ki?b?$/i, "KiB"],
  [/^mi?b?$/i, "MiB"],
  [/^gi?b?$/i, "GiB"],
  [/^(ms|msecs?|milli.*)$/i, "ms"],
  [/^(s|secs?|seconds?)$/i, "s"],
  [/^(min|mins|minutes?)$/i, "m"],
  [/^(h|hrs?|hours?)$/i, "h"],
  [/^(d|days?)$/i, "d"],
];

/**
 * What is wrong with a value: the server does not start with what it cannot read.
 *
 * @see https://cassandra.apache.org/doc/5.0/cassandra/managing/configuration/configuration.html
 */
export function cassandraMistake(setting: Setting, value: string): SettingMistake | undefined {
  switch (setting.type) {
    case "boolean":
      return switchMistake(value);
    case "integer":
      return setting.unit === "" ? numberMistake(setting, value) : quantityMistake(setting, value);
    case "real":
      return REAL.test(value.trim()) ? undefined : badNumber("a number", undefined);
    case "choice":
      return choiceMistake(setting, value);
    case "set":
      return setMistake(setting, value);
    default:
      return undefined;
  }
}

/** A value as the server's file has it: in JSON. */
export function writtenValue(setting: Setting | undefined, value: string): unknown {
  const text = value.trim();
  if (setting === undefined) return text;
  if (setting.type === "boolean") return text.toLowerCase() === "true";
  if (setting.type === "set") return wordsIn(text);
  // Beyond what a number can be exactly it stays a text, which the server reads as well.
  const isNumber = setting.type === "real" || (setting.type === "integer" && setting.unit === "");
  return isNumber && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER ? Number(text) : text;
}

/** Bytes that a size stands for. Nothing where it is none. */
export function bytesIn(value: string): number | undefined {
  const found = parseQuantity("B", value);
  return found === undefined ? undefined : Number(found);
}

/** How many of a unit a value is. Nothing where it is none, or has a unit that is less or of another kind. */
function parseQuantity(unit: string, value: string): bigint | undefined {
  const [, digits, given = ""] = /^\s*(\d+)([a-z/]+)\s*$/i.exec(value) ?? [];
  const units = unitsFrom(unit);
  const [factor, base] = [units[given], units[unit]];
  if (digits === undefined || factor === undefined || base === undefined) return undefined;
  return (BigInt(digits) * factor) / base;
}

/** A unit, and the larger ones of its kind. */
function unitsFrom(unit: string): Readonly<Record<string, bigint>> {
  const units = UNITS.find((kind) => unit in kind) ?? {};
  const least = units[unit] ?? 0n;
  return Object.fromEntries(Object.entries(units).filter(([, factor]) => factor >= least));
}

const REAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function numberMistake(setting: Setting, value: string): SettingMistake | undefined {
  const number = /^\s*-?\d+\s*$/.test(value) ? BigInt(value.trim()) : undefined;
  if (number !== undefined && !outOfBounds(number, setting)) return undefined;
  return badNumber(`a whole number${bounds(setting)}`, undefined);
}

function quantityMistake(setting: Setting, value: string): SettingMistake | undefined {
  const number = parseQuantity(setting.unit, value);
  if (number !== undefined && !outOfBounds(number, setting)) return undefined;
  const units = Object.keys(unitsFrom(setting.unit));
  // The bound is that of the server's own numbers, and told where it is met.
  const allowed = `a whole number with a unit right behind it: ${units.join(", ")}${number === undefined ? "" : `;${bounds(setting)} ${setting.unit}`}`;
  return badNumber(allowed, number === undefined ? inItsUnits(setting.unit, value, units) : undefined);
}

/** `5000`, `32MB`, `5 min`: what was meant, in the server's words. A bare number used to count the least unit. */
function inItsUnits(least: string, value: string, units: readonly string[]): string | undefined {
  const [, digits, given = ""] = /^\s*(\d+)\s*([a-z]*)(?:\/s|ps)?\s*$/i.exec(value) ?? [];
  if (digits === undefined) return undefined;
  if (given === "") return `"${digits}${least}"`;
  const perSecond = least.endsWith("/s") ? "/s" : "";
  const meant = MEANT.filter(([pattern]) => pattern.test(given)).map(([, unit]) => `${unit}${perSecond}`);
  const unit = meant.find((one) => units.includes(one));
  return unit && `"${digits}${unit}"`;
}

function setMistake(setting: Setting, value: string): SettingMistake | undefined {
  for (const word of wordsIn(value)) {
    const mistake = choiceMistake(setting, word);
    if (mistake) return { ...mistake, allowed: `some of ${mistake.allowed}, with commas between them` };
  }
  return undefined;
}

function wordsIn(value: string): string[] {
  return value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
