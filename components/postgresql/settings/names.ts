import type { ResolvedName } from "../../settings/check";
import type { SettingTable } from "../../settings/table";

/** A name of an extension's setting has its prefix. */
const OF_AN_EXTENSION = /^[a-z_][\w$]*(\.[a-z_][\w$]*)+$/i;

/** PostgreSQL reads `Max_Connections` and `max_connections` as one; `max-connections` is one to us as well. */
export function canonicalName(key: string): string {
  return key.toLowerCase().replace(/-/g, "_");
}

/** What a name stands for. */
export function resolveName(key: string, table: SettingTable): ResolvedName {
  const name = canonicalName(key);
  return { name, setting: table.get(name), letThrough: OF_AN_EXTENSION.test(key) };
}
