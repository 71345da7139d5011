import { badNumber, bounds, outOfBounds } from "../../settings/bounds";
import type { SettingMistake } from "../../settings/check";
import type { Setting } from "../../settings/table";
import { choiceMistake, switchMistake } from "../../settings/words";

const WHOLE = /^-?\d+$/;
const REAL = /^-?\d+(\.\d+)?$/;

/** What is wrong with a value: the server does not start with what it cannot read. */
export function mongoDbMistake(setting: Setting, value: string): SettingMistake | undefined {
  switch (setting.type) {
    case "boolean":
      return switchMistake(value);
    case "integer":
      return numberMistake(setting, value, WHOLE, "a whole number");
    case "real":
      return numberMistake(setting, value, REAL, "a number");
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
  switch (setting?.type) {
    case "boolean":
      return text.toLowerCase() === "true";
    case "integer":
    case "real":
      return Number(text);
    default:
      return text;
  }
}

function numberMistake(
  setting: Setting,
  value: string,
  form: RegExp,
  what: string,
): SettingMistake | undefined {
  const text = value.trim();
  if (form.test(text) && !outOfBounds(Number(text), setting)) return undefined;
  const unit = setting.unit === "" ? "" : ` of ${setting.unit}`;
  return badNumber(`${what}${unit}${bounds(setting)}, without a unit`, undefined);
}

function setMistake(setting: Setting, value: string): SettingMistake | undefined {
  for (const part of value.split(",").map((one) => one.trim())) {
    const mistake = choiceMistake(setting, part);
    if (mistake) return { ...mistake, allowed: `some of ${mistake.allowed}, with commas between them` };
  }
  return undefined;
}
