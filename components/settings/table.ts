import { readFileSync } from "node:fs";

/** How a setting's value is read. */
export type SettingType = "boolean" | "integer" | "real" | "choice" | "set" | "switches" | "text";

/** A setting of a server, as the server itself describes it. */
export interface Setting {
  name: string;
  type: SettingType;
  /** Least and largest number, in its unit. Empty where there is no bound. */
  least: string;
  most: string;
  /** What a number without a unit counts. Empty where it counts nothing. */
  unit: string;
  /** What may be chosen, or be part of a set. */
  choices: readonly string[];
  /** Whether a change holds only after a restart. */
  needsRestart: boolean;
  /** What the server takes where nothing is said; empty where that depends on the machine. */
  default: string;
}

/** The settings of one version of a server, by their names in lower case. */
export type SettingTable = ReadonlyMap<string, Setting>;

/** A user's settings by the names that the engine knows them by, each with its value. */
export function byName(
  settings: Readonly<Record<string, string>> | undefined,
  canonical: (key: string) => string,
): Map<string, string> {
  return new Map(Object.entries(settings ?? {}).map(([key, value]) => [canonical(key), value]));
}

const tables = new Map<string, SettingTable>();

/** Reads a table that `npm run settings` wrote. Each is read once in a run, and only where its version is used. */
export function settingTable(file: string): SettingTable {
  let table = tables.get(file);
  if (table === undefined) {
    const lines = readFileSync(file, "utf8").split("\n");
    table = new Map(lines.filter((line) => line !== "" && !line.startsWith("#")).map(parseLine));
    tables.set(file, table);
  }
  return table;
}

function parseLine(line: string): [string, Setting] {
  const [name = "", type, least = "", most = "", unit = "", choices = "", restart, value = ""] =
    line.split("\t");
  const setting: Setting = {
    name,
    type: type as SettingType,
    least,
    most,
    unit,
    choices: choices === "" ? [] : choices.split("|"),
    needsRestart: restart === "restart",
    default: value,
  };
  return [name.toLowerCase(), setting];
}
