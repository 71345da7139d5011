import type { ResolvedName, SettingMistake } from "../../settings/check";
import type { Setting, SettingTable } from "../../settings/table";
import { type MySqlNumber, parseInteger } from "./values";

/** Parts of a key cache's name, which may be given to caches of other names too: `hot.key_buffer_size`. */
const KEY_CACHE = /^[a-z]\w*\.key_(buffer_size|cache_(block_size|division_limit|age_threshold))$/;

/** `max-connections` and `max_connections` are one to MySQL, and `loose_` only says what to do with an unknown one. */
export function canonicalName(key: string): string {
  return key
    .toLowerCase()
    .replace(/-/g, "_")
    .replace(/^(loose_)+/, "");
}

/**
 * What a name stands for. MySQL takes several ways of writing one: `-` for `_`, and before it `loose_` (unknown ones are
 * ignored), `skip_` and `disable_` (off), `enable_` (on) and `maximum_` (the most that sessions may choose).
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/option-modifiers.html
 */
export function resolveName(
  key: string,
  table: SettingTable,
  reserved: Readonly<Record<string, string>>,
): ResolvedName {
  const name = canonicalName(key);
  const setting = table.get(name);
  if (setting !== undefined || name in reserved) return { name, setting };
  const [, prefix, base = ""] = /^(skip|disable|enable|maximum)_(.+)$/.exec(name) ?? [];
  const modified = table.get(base);
  if (prefix !== undefined && (modified !== undefined || base in reserved)) {
    return { name: base, setting: modified, mistake: modifiedMistake(prefix, modified) };
  }
  const isLoose = /^loose[-_]/i.test(key);
  return { name, letThrough: isLoose || KEY_CACHE.test(name) };
}

/** Written with a prefix, a switch has no value but "yes", and a limit is a number. */
function modifiedMistake(
  prefix: string,
  setting: Setting | undefined,
): (value: string) => SettingMistake | undefined {
  return (value) => {
    if (setting === undefined) return undefined;
    const { name, type } = setting;
    if (prefix === "maximum") {
      const number: MySqlNumber | undefined = parseInteger(value);
      if (type === "integer" && number !== undefined) return undefined;
      return { allowed: "maximum_ before a number that sessions may change", fix: `write ${name}` };
    }
    const on = prefix === "enable";
    if (type !== "integer" && type !== "real" && ["1", "on", "true"].includes(value.toLowerCase()))
      return undefined;
    return {
      allowed: `${prefix}_${name}: ON, which turns it ${on ? "on" : "off"}`,
      fix: `write ${name}: with ON or OFF`,
    };
  };
}
