import { join } from "node:path";
import type { SettingLanguage } from "../../settings/check";
import { settingTable } from "../../settings/table";
import { meantName, resolveName } from "./names";
import { REPLACED_SETTINGS } from "./replaced";
import { RESERVED_SETTINGS, RESTRICTED_SETTINGS } from "./reserved";
import { mongoDbMistake } from "./values";

/** How settings of MongoDB are written, and which ones a version has: names of its file, with dots, parameters among them. */
export function mongoDbLanguage(version: string): SettingLanguage {
  const table = settingTable(join(__dirname, `${version}.tsv`));
  return {
    engine: "mongodb",
    version,
    table,
    reserved: RESERVED_SETTINGS,
    restricted: RESTRICTED_SETTINGS,
    replaced: REPLACED_SETTINGS,
    resolve: (key) => resolveName(key, table),
    otherwise: (name) => meantName(name, table),
    secretly: () =>
      "remove it, and change the secret if the file was shared: no setting of the server needs one here",
    mistakeOf: mongoDbMistake,
  };
}
