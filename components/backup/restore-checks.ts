import { checkSecretName } from "../common/checks";
import { isDnsLabel, isServiceName } from "../common/names";
import type { Problems } from "../common/problems";
import type { BackupArgs, RestoreFromArgs } from "./args";
import { wantedBackup } from "./settings";

/** Identity of a cluster. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A moment in UTC. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

/**
 * Finds what is wrong with what a new database is to begin with.
 *
 * @param transaction how a transaction of the engine is named
 * @param now ms since 1970
 */
export function checkRestoreFrom(
  restoreFrom: RestoreFromArgs | undefined,
  database: { name: string; backup: BackupArgs | undefined; transaction: { pattern: RegExp; rule: string } },
  problems: Problems,
  now: number,
): void {
  if (restoreFrom === undefined) return;
  const { namespace, cluster, time, beforeTransaction, encryptionSecret } = restoreFrom;
  if (wantedBackup(database.backup) === undefined) {
    problems.add("", {
      allowed: "only with a backup: its destination is where the other database's backups are read",
      fix: "set `backup` for this database too, or for the stack",
    });
  }
  if (!isServiceName(restoreFrom.database)) {
    problems.add("database", {
      value: restoreFrom.database,
      allowed: "the name of a database",
      fix: "write it as its stack file has it",
    });
  } else if (restoreFrom.database === database.name && namespace === undefined && cluster === undefined) {
    problems.add("database", {
      value: restoreFrom.database,
      allowed: "another database: one that exists is never restored into",
      fix: "give the new database a name of its own; or, where the other one is gone for good, name its cluster",
    });
  }
  if (namespace !== undefined && !isDnsLabel(namespace)) {
    problems.add("namespace", { value: namespace, allowed: "the name of a namespace", fix: "correct it" });
  }
  if (cluster !== undefined && !UUID.test(cluster)) {
    problems.add("cluster", {
      value: cluster,
      allowed: "a UUID: the name of a folder below <namespace>/<database>/ in the destination",
      fix: "look into the destination, or leave it out where there is only one",
    });
  }
  checkTransaction(beforeTransaction, time, database.transaction, problems);
  checkTime(time, now, problems);
  checkSecretName("encryptionSecret", encryptionSecret, problems);
}

function checkTransaction(
  value: string | undefined,
  time: string | undefined,
  { pattern, rule }: { pattern: RegExp; rule: string },
  problems: Problems,
): void {
  if (value === undefined) return;
  if (time !== undefined) {
    problems.add("", { allowed: "one of time and beforeTransaction", fix: "remove one of them" });
  }
  if (pattern.test(value)) return;
  problems.add("beforeTransaction", { value, allowed: rule, fix: "write the one that must not be there" });
}

function checkTime(value: string | undefined, now: number, problems: Problems): void {
  if (value === undefined) return;
  const moment = MOMENT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(moment)) {
    problems.add("time", {
      value,
      allowed: "a moment in UTC, as 2026-01-31T10:15:00Z; with fractions of a second, if need be",
      fix: "write it so, in quotes",
    });
    return;
  }
  if (moment > now) {
    problems.add("time", {
      value,
      allowed: `a moment that has passed: it is ${new Date(now).toISOString()}`,
      fix: "leave it out for all that there is",
    });
  }
}
