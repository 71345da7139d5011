import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { type DatabaseArgs, Durability } from "../database/args";
import { versionOf } from "../database/checks";
import { checkSettings } from "../settings/check";
import { MYSQL_LIMITS } from "./limits";
import { mysqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { commitsAreDurable } from "./server-config";

type Args = Pick<DatabaseArgs, "version" | "durability" | "settings" | "resources">;

/** Finds what is wrong with settings of MySQL, by themselves and beside other arguments. */
export function checkMySqlSettings(args: Args, problems: Problems): void {
  checkSettings(args.settings, mysqlLanguage(versionOf(args.version, MYSQL_LIMITS)), problems);
  checkDurability(args, problems);
  checkBufferPool(args, problems);
}

function checkDurability({ durability, settings }: Args, problems: Problems): void {
  if (durability !== Durability.All || commitsAreDurable(settings)) return;
  problems.add("durability", {
    value: durability,
    allowed:
      "with innodb_flush_log_at_trx_commit and sync_binlog at 1: else a commit is not on disk anywhere",
    fix: "remove these settings, or choose durability: majority",
  });
}

function checkBufferPool({ settings = {}, resources }: Args, problems: Problems): void {
  const memory = resources?.memory ?? DATABASE_DEFAULTS.memory;
  for (const [key, value] of Object.entries(settings)) {
    if (canonicalName(key) !== "innodb_buffer_pool_size") continue;
    const size = /^\d+[KMGT]?$/i.test(value)
      ? parseBytes(value.toUpperCase().replace(/[KMGT]$/, "$&i"))
      : undefined;
    if (size === undefined || size < (parseBytes(memory) ?? Infinity)) continue;
    problems.at("settings").add(key, {
      value,
      allowed: `less than the replica's memory, ${memory}: the server needs the rest for connections and the group`,
      fix: "lower it, raise resources.memory, or remove it: the default follows the memory",
    });
  }
}
