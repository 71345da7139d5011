import { didYouMean } from "../../common/did-you-mean";
import { badNumber, bounds, outOfBounds } from "../../settings/bounds";
import type { SettingMistake } from "../../settings/check";
import type { Setting } from "../../settings/table";

/** `k` is a thousand, and `kb` is 1024. https://github.com/valkey-io/valkey/blob/8.1/valkey.conf */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1_000,
  kb: 2 ** 10,
  m: 1_000_000,
  mb: 2 ** 20,
  g: 1_000_000_000,
  gb: 2 ** 30,
};

/** Bytes that a value stands for. Nothing where it is none. */
export function parseMemory(value: string): number | undefined {
  const [, digits, unit = ""] = /^\s*(\d+)([a-z]*)\s*$/i.exec(value) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** What is wrong with a value: the server does not start with what it cannot read. */
export function redisMistake(setting: Setting, value: string): SettingMistake | undefined {
  switch (setting.type) {
    case "boolean":
      return switchMistake(value);
    case "integer":
      return setting.unit === "B" ? memoryMistake(setting, value) : numberMistake(setting, value);
    case "choice":
      return choiceMistake(setting, value);
    case "set":
      return setMistake(setting, value);
    default:
      return undefined;
  }
}

function switchMistake(value: string): SettingMistake | undefined {
  if (/^(yes|no)$/i.test(value)) return undefined;
  const meant = /^(on|true|1)$/i.test(value) ? "yes" : /^(off|false|0)$/i.test(value) ? "no" : undefined;
  return {
    allowed: "yes or no",
    fix: meant === undefined ? "choose one of these" : `write it as "${meant}"`,
  };
}

function numberMistake(setting: Setting, value: string): SettingMistake | undefined {
  const number = /^\s*-?\d+\s*$/.test(value) ? Number(value) : undefined;
  if (number !== undefined && !outOfBounds(number, setting)) return undefined;
  return badNumber(`a whole number${bounds(setting)}`, undefined);
}

function memoryMistake(setting: Setting, value: string): SettingMistake | undefined {
  const bytes = parseMemory(value);
  // A share of the memory, where a setting may be one.
  const share = setting.least.startsWith("-") && /^\d{1,3}%$/.test(value.trim());
  if (share || (bytes !== undefined && !outOfBounds(bytes, setting))) return undefined;
  const allowed = `a whole number of bytes${bounds(setting)}, or with a unit: kb, mb, gb (1024), k, m, g (1000)`;
  return badNumber(allowed, bytes === undefined ? inItsUnits(value) : undefined);
}

/** `1Gi`, `64 M`: what was meant, in the server's words. */
function inItsUnits(value: string): string | undefined {
  const [, digits, unit = ""] = /^\s*(\d+)\s*([kmg])i?b?\s*$/i.exec(value) ?? [];
  return digits === undefined ? undefined : `${digits}${unit.toLowerCase()}b`;
}

function choiceMistake({ choices }: Setting, value: string): SettingMistake | undefined {
  if (choices.some((choice) => choice.toLowerCase() === value.toLowerCase())) return undefined;
  return { allowed: choices.join(", "), fix: didYouMean(value, choices) ?? "choose one of these" };
}

function setMistake(setting: Setting, value: string): SettingMistake | undefined {
  for (const part of value.split(/\s+/).filter((one) => one !== "")) {
    const mistake = choiceMistake(setting, part);
    if (mistake) return { ...mistake, allowed: `some of ${mistake.allowed}, with blanks between them` };
  }
  return undefined;
}
