import type { Problems } from "../common/problems";
import { type DatabaseArgs, Durability } from "../database/args";
import { versionOf } from "../database/checks";
import { checkMemory } from "../database/memory";
import { byName } from "../settings/table";
import { mysqlMemory } from "./memory";
import { checkSettings } from "../settings/check";
import { MYSQL_LIMITS } from "./limits";
import { mysqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { commitsAreDurable } from "./server-config";

type Args = Pick<DatabaseArgs, "version" | "durability" | "settings" | "resources">;

/** Finds what is wrong with settings of MySQL, by themselves and beside other arguments. */
export function checkMySqlSettings(args: Args, problems: Problems): void {
  const language = mysqlLanguage(versionOf(args.version, MYSQL_LIMITS));
  const areRight = checkSettings(args.settings, language, problems);
  checkDurability(args, problems);
  if (areRight) checkBudget(args, problems);
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

/** All that a server may use at once, beside the memory of its pod. */
function checkBudget({ version, settings, resources }: Args, problems: Problems): void {
  const memory = resources?.memory ?? DATABASE_DEFAULTS.memory;
  const { table } = mysqlLanguage(versionOf(version, MYSQL_LIMITS));
  const { budget } = mysqlMemory(memory, byName(settings, canonicalName), table);
  const keys = new Map(Object.keys(settings ?? {}).map((key) => [canonicalName(key), key]));
  checkMemory(budget, memory, keys, problems);
}
