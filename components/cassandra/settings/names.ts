import type { ResolvedName } from "../../settings/check";
import type { SettingTable } from "../../settings/table";

/** Names have small letters, with `_` between their words; `-` is one as well, to us. */
export function canonicalName(key: string): string {
  return key.toLowerCase().replace(/-/g, "_");
}

/** What a name stands for. */
export function resolveName(key: string, table: SettingTable): ResolvedName {
  const name = canonicalName(key);
  return { name, setting: table.get(name) };
}
