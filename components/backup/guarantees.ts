import type { Guarantees } from "../database/guarantees";
import type { BackupArgs } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";
import { wantedBackup } from "./settings";

/** What a backup guarantees, and what its absence means. */
export function backupGuarantees(args: BackupArgs | undefined): Guarantees {
  const backup = wantedBackup(args);
  if (backup === undefined) {
    return {
      survives: [],
      canBeLost: [
        "everything, with all volumes or by a mistake in SQL: there is no backup (`backup` says where to)",
      ],
    };
  }
  const { retention = BACKUP_DEFAULTS.retention, recoveryPoint = BACKUP_DEFAULTS.recoveryPoint } = backup;
  return {
    survives: [
      `the loss of all volumes, and mistakes in SQL: a new database takes up any moment of the last ${retention} that is in the backup`,
    ],
    canBeLost: [`the last ${recoveryPoint} of acknowledged writes, with all volumes`],
  };
}
