import type { Problems } from "../common/problems";
import { type DatabaseArgs, Durability } from "../database/args";
import { checkDatabase, versionOf } from "../database/checks";
import { checkMemory } from "../database/memory";
import { byName } from "../settings/table";
import type { MySqlArgs } from "./args";
import { mysqlMemory } from "./memory";
import { wantedBackup } from "../backup/settings";
import { checkSettings } from "../settings/check";
import { MYSQL_LIMITS } from "./limits";
import { mysqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { commitsAreDurable } from "./server-config";

type Args = Pick<DatabaseArgs, "version" | "durability" | "settings" | "resources" | "backup" | "logs">;

/** Finds what is wrong with the name and the arguments of a MySQL database. */
export function checkMySql(name: string, args: Omit<MySqlArgs, "namespace">, problems: Problems): void {
  checkDatabase(name, args, MYSQL_LIMITS, problems);
  checkServerSettings(args, problems);
}

/** Settings by themselves, and beside other arguments. */
function checkServerSettings(args: Args, problems: Problems): void {
  const language = mysqlLanguage(versionOf(args.version, MYSQL_LIMITS));
  const areRight = checkSettings(args.settings, language, problems);
  checkDurability(args, problems);
  checkLogsBesideBackup(args, problems);
  checkSlowQueries(args, problems);
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

/** Values of settings under which a backup's log could not be stored, read, or deleted again. */
const BESIDE_BACKUP: Readonly<
  Record<string, { breaks: (value: string) => boolean; allowed: string; fix: string }>
> = {
  binlog_encryption: {
    breaks: (value) => !isOff(value),
    allowed: "OFF, beside a backup: an encrypted log can be read by this server alone",
    fix: "remove it: what is stored is encrypted with the backup's own key; or write `backup: none`",
  },
  binlog_expire_logs_auto_purge: {
    breaks: () => true,
    allowed: "nothing, beside a backup: the agent turns it off, and deletes what is stored itself",
    fix: "remove it; binlog_expire_logs_seconds says how old logs become",
  },
  binlog_expire_logs_seconds: {
    breaks: (value) => /^[+-]?0+[a-z]?$/i.test(value),
    allowed: "a time, beside a backup: with 0 logs that are stored are never deleted, and fill the volume",
    fix: "choose a time, for instance 259200, which is three days; or remove it",
  },
};

function isOff(value: string): boolean {
  return /^(off|0|false)$/i.test(value);
}

/** The agent stores the binary log as it lies on the disk, and deletes what is stored. */
function checkLogsBesideBackup({ backup, settings }: Args, problems: Problems): void {
  if (wantedBackup(backup) === undefined) return;
  for (const [key, value] of Object.entries(settings ?? {})) {
    const rule = BESIDE_BACKUP[canonicalName(key)];
    if (!rule?.breaks(value.trim())) continue;
    problems.at("settings").add(key, { value, allowed: rule.allowed, fix: rule.fix });
  }
}

/** What is measured nowhere is not found. Where nobody asked for it, nobody misses it. */
function checkSlowQueries({ logs, settings }: Args, problems: Problems): void {
  const [key, value] =
    Object.entries(settings ?? {}).find(([name]) => canonicalName(name) === "performance_schema") ?? [];
  const { slowQueries } = logs ?? {};
  if (key === undefined || !isOff(value?.trim() ?? "") || slowQueries === undefined || slowQueries === "off")
    return;
  problems.at("logs").add("slowQueries", {
    value: slowQueries,
    allowed: `only with performance_schema, which has how long each statement took; it is ${value ?? ""}`,
    fix: `remove ${key} from settings, or slowQueries`,
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
