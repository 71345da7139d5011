import { didYouMean } from "../common/did-you-mean";
import type { SettingMistake } from "./check";
import type { Setting } from "./table";

/** What is wrong with a value that is to be `true` or `false`. */
export function switchMistake(value: string): SettingMistake | undefined {
  const text = value.trim();
  if (/^(true|false)$/i.test(text)) return undefined;
  const meant = /^(on|yes|1)$/i.test(text) ? "true" : /^(off|no|0)$/i.test(text) ? "false" : undefined;
  return {
    allowed: "true or false",
    fix: meant === undefined ? "choose one of these" : `write it as "${meant}"`,
  };
}

/** What is wrong with one of several words, which a server takes in their own case alone. */
export function choiceMistake({ choices }: Setting, value: string): SettingMistake | undefined {
  if (choices.includes(value.trim())) return undefined;
  const inOtherCase = choices.find((choice) => choice.toLowerCase() === value.trim().toLowerCase());
  return {
    allowed: choices.join(", "),
    fix:
      inOtherCase === undefined
        ? (didYouMean(value, choices) ?? "choose one of these")
        : `write it as "${inOtherCase}"`,
  };
}
