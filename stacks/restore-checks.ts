import type { RestoreFromArgs } from "../components/backup/args";
import { BACKUP_DEFAULTS } from "../components/backup/defaults";
import { backupSettings, wantedBackup } from "../components/backup/settings";
import type { Problems } from "../components/common/problems";
import { parseSeconds } from "../components/common/quantity";
import { isOlder } from "../components/common/versions";
import type { DatabaseConfig } from "./types";

/** Once a database is there it needs none of this any more. */
const OR_THERE = "or, where the database is there already, remove restoreFrom: the line may go";

/** A copy a day: one that is older than the window by this is kept for the moments at its beginning, s. */
const BEFORE_WINDOW_SECONDS = 86_400;

/** Finds what a new database cannot begin with, where the one that it is to be restored from is in the same stack. */
export function checkRestoreSource(
  { args, engine }: DatabaseConfig,
  namespace: string,
  databases: readonly DatabaseConfig[],
  problems: Problems,
  now: number,
): void {
  const { restoreFrom } = args;
  if (restoreFrom === undefined || (restoreFrom.namespace ?? namespace) !== namespace) return;
  const source = databases.find(({ name }) => name === restoreFrom.database);
  if (source === undefined) return;
  if (source.engine !== engine) {
    problems.add("database", {
      value: restoreFrom.database,
      allowed: `a database of the same engine: it is ${source.engine}, and this one ${engine}`,
      fix: `set engine: ${source.engine}, or name another database`,
    });
    return;
  }
  // Of a former cluster of that name, the stack knows no more than the name.
  if (restoreFrom.cluster !== undefined) return;
  if (isOlder(args.version, source.args.version)) {
    problems.add("database", {
      value: restoreFrom.database,
      allowed: `data of version ${args.version} or older: it has ${source.args.version}, and an older server reads no newer data`,
      fix: `set version: "${source.args.version}"; ${OR_THERE}`,
    });
  }
  checkPlace(args, source, problems);
  checkWindow(restoreFrom, source, problems, now);
}

/** The new database's destination is where the other one's backup is read. */
function checkPlace({ backup }: DatabaseConfig["args"], source: DatabaseConfig, problems: Problems): void {
  const [own, other] = [wantedBackup(backup), wantedBackup(source.args.backup)];
  if (!own?.destination || !other?.destination) return;
  const place = (one: typeof own): string =>
    JSON.stringify([
      backupSettings({ destination: one.destination ?? {} }).destination,
      one.destination?.volume?.claim,
    ]);
  if (place(own) === place(other)) return;
  problems.add("database", {
    value: source.name,
    allowed: "one whose backup lies where this database's own is to lie: there it is read",
    fix: `give this database the backup.destination of ${source.name}; ${OR_THERE}`,
  });
}

function checkWindow(
  { time }: RestoreFromArgs,
  { name, args: { backup } }: DatabaseConfig,
  problems: Problems,
  now: number,
): void {
  const moment = time === undefined ? NaN : Date.parse(time);
  const { retention = BACKUP_DEFAULTS.retention } = backup ?? {};
  const seconds = parseSeconds(retention);
  if (Number.isNaN(moment) || seconds === undefined || wantedBackup(backup) === undefined) return;
  if ((now - moment) / 1000 <= seconds + BEFORE_WINDOW_SECONDS) return;
  const days = Math.ceil((now - moment) / 86_400_000) + 1;
  problems.add("time", {
    value: time,
    allowed: `a moment of the last ${retention}: the retention of ${name}`,
    fix: `choose a later one; if it may be stored still, set retention: ${days}d for ${name} first, and nothing more is deleted; ${OR_THERE}`,
  });
}
