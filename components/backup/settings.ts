import type { BackupDestination, BackupSettings } from "../protocol/backup";
import { BACKUP_VOLUME } from "../protocol/paths";
import { parseSeconds } from "../common/quantity";
import { type BackupArgs, type BackupDestinationArgs, DrillInterval } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";

/** What agents and Jobs are told of a backup whose arguments were checked. */
export function backupSettings(backup: BackupArgs): BackupSettings {
  return {
    destination: destinationOf(backup.destination ?? {}),
    recoveryPointSeconds: secondsOf(backup.recoveryPoint ?? BACKUP_DEFAULTS.recoveryPoint),
    retentionSeconds: secondsOf(backup.retention ?? BACKUP_DEFAULTS.retention),
    keepLogsPercent: BACKUP_DEFAULTS.keepLogsPercent,
    ...drillSettings(wantedDrill(backup)),
  };
}

function destinationOf({ s3, volume }: BackupDestinationArgs): BackupDestination {
  if (s3 === undefined) return { kind: "directory", path: BACKUP_VOLUME, prefix: volume?.prefix ?? "" };
  return {
    kind: "s3",
    bucket: s3.bucket,
    region: s3.region ?? BACKUP_DEFAULTS.region,
    ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint.replace(/\/$/, "") }),
    prefix: s3.prefix ?? "",
    credentials: s3.identity === undefined ? "keys" : "identity",
  };
}

function secondsOf(duration: string): number {
  const seconds = parseSeconds(duration);
  if (seconds === undefined) throw new Error(`${duration} was not checked`);
  return seconds;
}

/** The backup that a database has; `undefined` where it has none. */
export function wantedBackup(backup: BackupArgs | undefined): BackupArgs | undefined {
  return backup?.enabled === false ? undefined : backup;
}

/** The longest time between two drills, s. */
export const DRILL_SECONDS: Record<DrillInterval, number> = {
  [DrillInterval.Daily]: 86_400,
  [DrillInterval.Weekly]: 7 * 86_400,
  [DrillInterval.Monthly]: 31 * 86_400,
};

/** The drills of a backup; `undefined` where it has none. */
export function wantedDrill({
  drill = {},
}: BackupArgs): { every: DrillInterval; query?: string } | undefined {
  const { enabled = true, every = BACKUP_DEFAULTS.drill, query } = drill;
  return enabled ? { every, ...(query === undefined ? {} : { query }) } : undefined;
}

function drillSettings(
  drill: ReturnType<typeof wantedDrill>,
): Pick<BackupSettings, "drillSeconds" | "drillQuery"> {
  if (drill === undefined) return {};
  const { every, query } = drill;
  return { drillSeconds: DRILL_SECONDS[every], ...(query === undefined ? {} : { drillQuery: query }) };
}
