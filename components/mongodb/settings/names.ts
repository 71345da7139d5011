import { didYouMean } from "../../common/did-you-mean";
import type { ResolvedName } from "../../settings/check";
import type { SettingTable } from "../../settings/table";

/** What a name stands for: they are read exactly as they are written. */
export function resolveName(key: string, table: SettingTable): ResolvedName {
  const setting = table.get(key.toLowerCase());
  return { name: key, ...(setting?.name === key ? { setting } : {}) };
}

/** What was meant by an unknown one: parameters stand below `setParameter`, and options of the command line have longer names in the file. */
export function meantName(name: string, table: SettingTable): string {
  const names = [...table.values()].map((setting) => setting.name);
  const same = names.find((one) => one.toLowerCase().endsWith(`.${name.toLowerCase()}`));
  if (same !== undefined) return `write it as ${same}`;
  return didYouMean(`setParameter.${name}`, names) ?? "remove it: it is none of those that can be given here";
}
