import { join } from "node:path";
import type { SettingLanguage } from "../../settings/check";
import { settingTable } from "../../settings/table";
import { resolveName } from "./names";
import { REPLACED_SETTINGS } from "./replaced";
import { RESERVED_SETTINGS, RESTRICTED_SETTINGS } from "./reserved";
import { postgresqlMistake } from "./values";

/** How PostgreSQL's settings are written, and which ones a version has. */
export function postgresqlLanguage(version: string): SettingLanguage {
  const table = settingTable(join(__dirname, `${version}.tsv`));
  return {
    engine: "postgresql",
    version,
    table,
    reserved: RESERVED_SETTINGS,
    restricted: RESTRICTED_SETTINGS,
    replaced: REPLACED_SETTINGS,
    resolve: (key) => resolveName(key, table),
    otherwise: () => "remove it: there is no such setting, and an extension's begins with a prefix and a dot",
    secretly: (name) =>
      `remove it, change the secret if the file was shared, and set it in the database: ALTER DATABASE … SET ${name} = …, as the ` +
      "administrator; a program that the server starts reads it from a file",
    mistakeOf: postgresqlMistake,
  };
}
