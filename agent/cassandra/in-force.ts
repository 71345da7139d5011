import type { Notice } from "../core/notices";
import type { Row } from "./client";

/** What the server is asked for. */
export const SETTINGS_QUESTION = "SELECT name, value FROM system_views.settings";

/** Units as the server writes them, by what one is of the smallest: nanoseconds, or bytes. */
const UNITS: Record<string, number> = {
  ...{ ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12, d: 8.64e13 },
  ...{ B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, "B/s": 1, "KiB/s": 2 ** 10, "MiB/s": 2 ** 20 },
};

/** Those that a member has otherwise until its first restart, if it began the ring. */
const OF_FOUNDING = ["default_keyspace_rf", "minimum_replication_factor_fail_threshold"];

/** Each setting of the file that is one value. */
export function settingsIn(file: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of file.split("\n")) {
    const [, name, json = ""] = /^([a-z][a-z0-9_]*): (.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const value: unknown = JSON.parse(json);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      found.set(name, String(value));
  }
  return found;
}

/**
 * What is in force otherwise than the file asks for, by what it is about: a server that starts has understood all of it, but some
 * of it may have been set since.
 */
export function settingsTrouble(file: string, rows: readonly Row[]): Map<string, Notice> {
  const present = new Map(rows.map((row) => [String(row["name"]), row["value"]] as const));
  const found = new Map<string, Notice>();
  for (const [name, wanted] of settingsIn(file)) {
    const value = present.get(name);
    if (typeof value !== "string" || isSame(wanted, value) || OF_FOUNDING.includes(name)) continue;
    found.set(name, {
      severity: "problem",
      text: `${name} is ${value} and not ${wanted}, as it was asked for: somebody has set it since (nodetool)`,
      advice: "restart the pod, which sets it back",
    });
  }
  return found;
}

function isSame(wanted: string, present: string): boolean {
  const [one, other] = [amountOf(wanted), amountOf(present)];
  if (one !== undefined && other !== undefined) return one === other;
  // Classes are answered without their packages.
  const short = (text: string): string => (text.split(".").at(-1) ?? text).toLowerCase();
  return short(wanted) === short(present);
}

function amountOf(text: string): number | undefined {
  const [, digits, unit = ""] = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z/]*)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = unit === "" ? 1 : UNITS[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}
