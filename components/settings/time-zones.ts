import { didYouMean } from "../common/did-you-mean";
import type { SettingMistake } from "./check";

/** What is wrong with the name of a time zone; nothing where there is such a zone. */
export function zoneMistake(name: string, allowed: string): SettingMistake | undefined {
  // The same zones, without and with leap seconds.
  if (isZone(name.replace(/^(posix|right)\//i, ""))) return undefined;
  return { allowed, fix: didYouMean(name, zones()) ?? "correct the name" };
}

function zones(): string[] {
  return (Intl as unknown as { supportedValuesOf: (key: string) => string[] }).supportedValuesOf("timeZone");
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
