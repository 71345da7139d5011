import { join } from "node:path";
import { didYouMean } from "../../common/did-you-mean";
import type { ResolvedName, SettingLanguage } from "../../settings/check";
import { settingTable, type SettingTable } from "../../settings/table";
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
    otherwise: (name) => otherwise(name, table),
    secretly: () =>
      "remove it, and change the secret if the file was shared: no setting of the server needs one here",
    mistakeOf: mongoDbMistake,
  };
}

/** Names are read exactly as they are written. */
function resolveName(key: string, table: SettingTable): ResolvedName {
  const setting = table.get(key.toLowerCase());
  return { name: key, ...(setting?.name === key ? { setting } : {}) };
}

/** Parameters stand below `setParameter`, and options of the command line have longer names in the file. */
function otherwise(name: string, table: SettingTable): string {
  const names = [...table.values()].map((setting) => setting.name);
  const last = names.filter((one) => one.endsWith(`.${name}`));
  if (last[0] !== undefined) return `write it as ${last[0]}`;
  return didYouMean(`setParameter.${name}`, names) ?? "remove it: it is none of those that can be given here";
}
