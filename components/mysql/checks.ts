import type { Problems } from "../common/problems";
import { type DatabaseArgs, Durability } from "../database/args";
import { commitsAreDurable } from "./server-config";

/** Finds settings of MySQL that contradict other arguments. */
export function checkMySqlSettings(
  { durability, settings }: Pick<DatabaseArgs, "durability" | "settings">,
  problems: Problems,
): void {
  if (durability === Durability.All && !commitsAreDurable(settings)) {
    problems.add("durability", {
      value: durability,
      allowed:
        "with innodb_flush_log_at_trx_commit and sync_binlog at 1: else a commit is not on disk anywhere",
      fix: "remove these settings, or choose durability: majority",
    });
  }
}
