import { didYouMean } from "../../common/did-you-mean";
import { bounds, badNumber, outOfBounds } from "../../settings/bounds";
import type { SettingMistake } from "../../settings/check";
import type { Setting } from "../../settings/table";

/** A whole number; MySQL's go beyond what is exact otherwise. */
export type MySqlNumber = bigint;

const SUFFIXES = ["", "K", "M", "G", "T", "P", "E"];

/**
 * What is wrong with a value. Much of it the server would only warn of: it takes `abc` for OFF, and what is out of
 * bounds for the bound.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/using-system-variables.html
 */
export function mysqlMistake(setting: Setting, value: string): SettingMistake | undefined {
  switch (setting.type) {
    case "boolean":
      return BOOLEANS.includes(value.toLowerCase())
        ? undefined
        : { allowed: "ON or OFF", fix: "choose one of these" };
    case "integer":
      return integerMistake(setting, value);
    case "real":
      return realMistake(setting, value);
    case "choice":
      return isChoice(setting, value) ? undefined : choiceMistake(setting, value);
    case "set":
      return setMistake(setting, value);
    case "switches":
      return switchesMistake(setting, value);
    default:
      return undefined;
  }
}

const BOOLEANS = ["on", "true", "1", "off", "false", "0"];

/** A whole number as MySQL reads it: without fractions, and with a suffix of one letter. */
export function parseInteger(value: string): MySqlNumber | undefined {
  const [, sign, digits = "", suffix = ""] = /^\s*([+-]?)(\d+)([KMGTPE]?)$/i.exec(value) ?? [];
  if (digits === "") return undefined;
  const number = BigInt(digits) * 1024n ** BigInt(SUFFIXES.indexOf(suffix.toUpperCase()));
  return sign === "-" ? -number : number;
}

function integerMistake(setting: Setting, value: string): SettingMistake | undefined {
  const number = parseInteger(value);
  if (number !== undefined && !outOfBounds(number, setting)) return undefined;
  const allowed = `a whole number${bounds(setting)}; K, M, G, T, P or E behind it is short for 1024 or a power of it`;
  return badNumber(allowed, number === undefined ? asInteger(value) : undefined);
}

/** `1Gi`, `1.5G`, `64 MB`: what was meant, in MySQL's words. */
function asInteger(value: string): string | undefined {
  const [, digits, suffix = ""] = /^\s*(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?b?\s*$/i.exec(value) ?? [];
  if (digits === undefined) return undefined;
  let number = Number(digits);
  let power = SUFFIXES.indexOf(suffix.toUpperCase());
  while (!Number.isInteger(number) && power > 0) {
    number *= 1024;
    power -= 1;
  }
  return Number.isInteger(number) ? `${number}${SUFFIXES[power] ?? ""}` : undefined;
}

function realMistake(setting: Setting, value: string): SettingMistake | undefined {
  const isNumber = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value);
  if (isNumber && !outOfBounds(Number(value), setting)) return undefined;
  return badNumber(`a number${bounds(setting)}`, undefined);
}

/** By name in any case, by as much of it as no other begins with, or by number. */
function isChoice({ choices }: Pick<Setting, "choices">, value: string): boolean {
  const text = value.toLowerCase();
  if (/^\d+$/.test(text) && Number(text) < choices.length) return true;
  const names = choices.map((choice) => choice.toLowerCase());
  return names.includes(text) || (text !== "" && names.filter((name) => name.startsWith(text)).length === 1);
}

function choiceMistake({ choices }: Pick<Setting, "choices">, value: string): SettingMistake {
  return { allowed: choices.join(", "), fix: didYouMean(value, choices) ?? "choose one of these" };
}

function setMistake(setting: Setting, value: string): SettingMistake | undefined {
  if (value === "" || /^\d+$/.test(value)) return undefined;
  const wrong = value.split(",").find((part) => !isChoice(setting, part));
  if (wrong === undefined) return undefined;
  const { allowed, fix } = choiceMistake(setting, wrong.trim());
  return {
    allowed: `some of ${allowed}, with commas and without blanks between them`,
    fix: wrong.trim() === wrong ? fix : "remove the blanks",
  };
}

function switchesMistake(setting: Setting, value: string): SettingMistake | undefined {
  for (const part of value === "" || value.toLowerCase() === "default" ? [] : value.split(",")) {
    const [, name = "", state] = /^(\w+)=(\w+)$/.exec(part) ?? [];
    if (part.toLowerCase() === "default") continue;
    if (state === undefined || !["on", "off", "default"].includes(state.toLowerCase())) {
      return {
        allowed: "NAME=on or NAME=off, with commas and without blanks between them",
        fix: `correct ${part}`,
      };
    }
    if (!isChoice(setting, name)) return choiceMistake(setting, name);
  }
  return undefined;
}
