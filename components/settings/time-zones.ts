import { didYouMean } from "../common/did-you-mean";
import { isTimeZone, timeZones } from "../common/time-zone";
import type { SettingMistake } from "./check";

/** What is wrong with the name of a time zone; nothing where there is such a zone. */
export function zoneMistake(name: string, allowed: string): SettingMistake | undefined {
  // The same zones, without and with leap seconds.
  if (isTimeZone(name.replace(/^(posix|right)\//i, ""))) return undefined;
  return { allowed, fix: didYouMean(name, timeZones()) ?? "correct the name" };
}
