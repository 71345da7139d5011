import type * as pulumi from "@pulumi/pulumi";
import { mutableConfigMap } from "../common/mutable-config-map";
import type { Problems } from "../common/problems";
import { parseMilliseconds } from "../common/quantity";
import { LOGS_FILE, type SlowQueryTimes, type WantedLogs } from "../protocol/logs";
import { logsName } from "../protocol/names";
import type { DatabaseArgs, LogsArgs } from "./args";

/** What turns it off. */
const OFF = "off";

/** A statement that takes longer is no matter of a log: its client has long gone. */
const LONGEST = 24 * 3_600_000;

/** Finds what is wrong with what is to be logged. */
export function checkLogs(
  logs: LogsArgs | undefined,
  { engine, slowQueries: { default: usual, least } }: { engine: string; slowQueries: SlowQueryTimes },
  problems: Problems,
): void {
  const { slowQueries } = logs ?? {};
  if (slowQueries === undefined || slowQueries === OFF) return;
  const duration = parseMilliseconds(slowQueries);
  if (duration !== undefined && duration >= least && duration <= LONGEST) return;
  problems.add("slowQueries", {
    value: slowQueries,
    allowed: `a time from ${least}ms to 24h (${engine}), such as 500ms or 2s; or false`,
    fix:
      duration !== undefined && duration < least
        ? `raise it to ${least}ms or more; to log every statement is not what this is for`
        : `write it like 500ms or 2s, or leave it out for ${usual}ms`,
  });
}

/**
 * What the agents are told of it, if anything is said. Pods mount it whether it is there or not, so that nothing restarts when that
 * changes.
 *
 * @returns what pods must wait for
 */
export function databaseLogs(
  name: string,
  { namespace, logs }: Pick<DatabaseArgs, "namespace" | "logs">,
  { labels, parent }: { labels: Record<string, pulumi.Input<string>>; parent: pulumi.Resource },
): pulumi.Resource[] {
  const slowQueries = logs?.slowQueries;
  if (slowQueries === undefined) return [];
  const wanted: WantedLogs = {
    slowQueriesMilliseconds: slowQueries === OFF ? false : (parseMilliseconds(slowQueries) ?? false),
  };
  const file = mutableConfigMap(
    logsName(name),
    {
      metadata: { name: logsName(name), namespace, labels },
      data: { [LOGS_FILE]: JSON.stringify(wanted) },
    },
    { parent, protect: false },
  );
  return [file.data];
}
