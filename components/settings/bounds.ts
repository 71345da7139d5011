import type { SettingMistake } from "./check";
import type { Setting } from "./table";

/**
 * Whether a number is within a setting's bounds.
 *
 * @param value in the setting's unit
 */
export function outOfBounds(value: bigint | number, { least, most }: Setting): boolean {
  const below = (bound: string) =>
    typeof value === "bigint" ? value < BigInt(bound) : value < Number(bound);
  const above = (bound: string) =>
    typeof value === "bigint" ? value > BigInt(bound) : value > Number(bound);
  return (least !== "" && below(least)) || (most !== "" && above(most));
}

/** The bounds in words: `from 1 to 100000`. */
export function bounds({ least, most }: Setting, shown: (bound: string) => string = String): string {
  if (least === "" && most === "") return "";
  if (most === "") return ` from ${shown(least)}`;
  return least === "" ? ` up to ${shown(most)}` : ` from ${shown(least)} to ${shown(most)}`;
}

/** What to say of a number that is none, or out of its bounds. */
export function badNumber(allowed: string, suggestion: string | undefined): SettingMistake {
  return { allowed, fix: suggestion === undefined ? "correct the value" : `write it as ${suggestion}` };
}
