import { join } from "node:path";
import type { SettingLanguage } from "../../settings/check";
import { settingTable } from "../../settings/table";
import { resolveName } from "./names";
import { REPLACED_SETTINGS } from "./replaced";
import { RESERVED_SETTINGS, RESTRICTED_SETTINGS } from "./reserved";
import { mysqlMistake } from "./values";

/** How MySQL's settings are written, and which ones a version has. */
export function mysqlLanguage(version: string): SettingLanguage {
  const table = settingTable(join(__dirname, `${version}.tsv`));
  return {
    engine: "mysql",
    version,
    table,
    reserved: RESERVED_SETTINGS,
    restricted: RESTRICTED_SETTINGS,
    replaced: REPLACED_SETTINGS,
    resolve: (key) => resolveName(key, table, RESERVED_SETTINGS),
    otherwise: (name) => `remove it, or write loose_${name} if a plugin or component that you install has it`,
    secretly: (name) =>
      `remove it, change the secret if the file was shared, and set it on each server: SET PERSIST ${name} = …, as the administrator`,
    mistakeOf: mysqlMistake,
  };
}
