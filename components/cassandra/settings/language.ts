import { join } from "node:path";
import type { SettingLanguage } from "../../settings/check";
import { settingTable } from "../../settings/table";
import { resolveName } from "./names";
import { REPLACED_SETTINGS } from "./replaced";
import { RESERVED_SETTINGS, RESTRICTED_SETTINGS } from "./reserved";
import { cassandraMistake } from "./values";

/** How Cassandra's settings are written, and which ones a version has. */
export function cassandraLanguage(version: string): SettingLanguage {
  const table = settingTable(join(__dirname, `${version}.tsv`));
  return {
    engine: "cassandra",
    version,
    table,
    reserved: RESERVED_SETTINGS,
    restricted: RESTRICTED_SETTINGS,
    replaced: REPLACED_SETTINGS,
    resolve: (key) => resolveName(key, table),
    otherwise: () => "remove it: there is no such setting",
    secretly: () =>
      "remove it, and change the secret if the file was shared: no setting of the server needs one here",
    mistakeOf: cassandraMistake,
  };
}
