import type { ResolvedName } from "../../settings/check";
import type { SettingTable } from "../../settings/table";

/** The words of the time before they were exchanged: a server takes both. */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/^slave-/, "replica-"],
  [/-slaves-/, "-replicas-"],
  [/-slave-/, "-replica-"],
  [/^slaveof$/, "replicaof"],
  [/^primary/, "master"],
  [/-ziplist-/, "-listpack-"],
];

/** Names are read in any case, with `-` between their words; `_` is one as well, to us. */
export function canonicalName(key: string): string {
  const name = key.toLowerCase().replace(/_/g, "-");
  return SYNONYMS.reduce((text, [pattern, word]) => text.replace(pattern, word), name);
}

/** What a name stands for. */
export function resolveName(key: string, table: SettingTable): ResolvedName {
  const name = canonicalName(key);
  return { name, setting: table.get(name) };
}
