import type { BackupDestination, BackupSettings } from "../protocol/backup";
import { BACKUP_VOLUME } from "../protocol/paths";
import { parseSeconds } from "../common/quantity";
import type { BackupArgs, BackupDestinationArgs } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";

/** What agents and Jobs are told of a backup whose arguments were checked. */
export function backupSettings(backup: BackupArgs): BackupSettings {
  return {
    destination: destinationOf(backup.destination ?? {}),
    recoveryPointSeconds: secondsOf(backup.recoveryPoint ?? BACKUP_DEFAULTS.recoveryPoint),
    retentionSeconds: secondsOf(backup.retention ?? BACKUP_DEFAULTS.retention),
    keepLogsPercent: BACKUP_DEFAULTS.keepLogsPercent,
    whenAway: "release",
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
