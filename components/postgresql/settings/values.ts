import { didYouMean } from "../../common/did-you-mean";
import { bounds, badNumber, outOfBounds } from "../../settings/bounds";
import type { SettingMistake } from "../../settings/check";
import type { Setting } from "../../settings/table";

/** Bytes of each unit of memory, and microseconds of each unit of time. They are written exactly so. */
const MEMORY: Record<string, number> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const TIME: Record<string, number> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/**
 * What is wrong with a value. Both must take it: PostgreSQL, which does not start with what it refuses, and Patroni,
 * which silently puts another value in place of what it cannot read.
 *
 * @see https://www.postgresql.org/docs/17/config-setting.html
 * @see https://github.com/patroni/patroni/blob/master/patroni/postgresql/validator.py
 */
export function postgresqlMistake(setting: Setting, value: string): SettingMistake | undefined {
  switch (setting.type) {
    case "boolean":
      return isBoolean(value) ? undefined : { allowed: "on or off", fix: "choose one of these" };
    case "integer":
    case "real":
      return numberMistake(setting, value);
    case "choice":
      return choiceMistake(setting, value);
    default:
      return undefined;
  }
}

/** A number in the setting's unit. Nothing where it is none, or has a unit that does not fit. */
export function parseNumber(
  { type, unit }: Pick<Setting, "type" | "unit">,
  value: string,
): number | undefined {
  const [, sign, digits = "", given = ""] =
    /^\s*([+-]?)(0x[\da-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  if (digits === "") return undefined;
  const isOctal = type === "integer" && /^0[0-7]+$/.test(digits);
  const number = (sign === "-" ? -1 : 1) * (isOctal ? parseInt(digits, 8) : Number(digits));
  if (Number.isNaN(number)) return undefined;
  const factor = given === "" ? 1 : factorOf(given, unit);
  if (factor === undefined) return undefined;
  return type === "integer" ? Math.round(number * factor) : number * factor;
}

function factorOf(given: string, unit: string): number | undefined {
  const units = unitsOf(unit);
  const factor = units?.[given];
  const base = baseOf(unit);
  return factor === undefined || base === undefined ? undefined : factor / base;
}

function unitsOf(unit: string): Record<string, number> | undefined {
  if (unit === "") return undefined;
  return unit.replace(/^\d+/, "") in MEMORY ? MEMORY : TIME;
}

/** Bytes or microseconds of a setting's unit, which may be one of several: `8kB`. */
function baseOf(unit: string): number | undefined {
  const [, count = "", name = ""] = /^(\d*)(\w+)$/.exec(unit) ?? [];
  const base = unitsOf(unit)?.[name];
  return base === undefined ? undefined : base * Number(count || 1);
}

/** Bytes that a setting of memory stands for. Nothing where its value is none. */
export function parseMemory(setting: Pick<Setting, "type" | "unit">, value: string): number | undefined {
  const number = parseNumber(setting, value);
  const base = baseOf(setting.unit);
  return number === undefined || base === undefined || number < 0 ? undefined : number * base;
}

function numberMistake(setting: Setting, value: string): SettingMistake | undefined {
  const number = parseNumber(setting, value);
  if (number !== undefined && !outOfBounds(number, setting)) return undefined;
  const { type, unit } = setting;
  const units = unitsOf(unit);
  const written = units ? `, in ${unit} or with a unit: ${Object.keys(units).join(", ")}` : "";
  const allowed = `a ${type === "integer" ? "whole number" : "number"}${bounds(setting)}${written}`;
  return badNumber(allowed, number === undefined ? inItsOwnUnit(value, units) : undefined);
}

/** `1Gi`, `64 M`, `30 sec`: what was meant, in PostgreSQL's words. */
function inItsOwnUnit(value: string, units: Record<string, number> | undefined): string | undefined {
  const [, digits, given = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(value) ?? [];
  if (units === undefined || digits === undefined) return undefined;
  const names: [RegExp, string][] =
    units === MEMORY
      ? [
          [/^k(i?b?)$/i, "kB"],
          [/^m(i?b?)$/i, "MB"],
          [/^g(i?b?)$/i, "GB"],
          [/^t(i?b?)$/i, "TB"],
        ]
      : [
          [/^(ms|msecs?|milli.*)$/i, "ms"],
          [/^(s|secs?|seconds?)$/i, "s"],
          [/^(m|mins?|minutes?)$/i, "min"],
          [/^(h|hrs?|hours?)$/i, "h"],
          [/^(d|days?)$/i, "d"],
        ];
  const [, unit] = names.find(([pattern]) => pattern.test(given)) ?? [];
  return unit && `"${digits}${unit}"`;
}

const BOOLEANS = ["on", "true", "yes", "1", "off", "false", "no", "0"];

function isBoolean(value: string): boolean {
  return BOOLEANS.includes(value.toLowerCase());
}

function choiceMistake({ choices }: Setting, value: string): SettingMistake | undefined {
  if (choices.some((choice) => choice.toLowerCase() === value.toLowerCase())) return undefined;
  if (choices.includes("on") && isBoolean(value)) return undefined;
  return { allowed: choices.join(", "), fix: didYouMean(value, choices) ?? "choose one of these" };
}
