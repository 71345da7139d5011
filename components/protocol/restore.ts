/** What a new database begins with, where another one's backup is what it begins with: what component and agent agree on. */

/** The files of it, below `BACKUP_PATH`. */
export const RESTORE_FILES = {
  /** A `RestoreWanted` in JSON. Without it a database begins empty. */
  wanted: "restore.json",
  /** What the backup that is read was encrypted with. */
  encryptionKey: "restore-encryption-key",
} as const;

/** What is wanted of a restore. Without `time` and `beforeTransaction`: all that there is. */
export interface RestoreWanted {
  database: string;
  /** @default that of the new database */
  namespace?: string | undefined;
  /** Identity of the cluster; without it there must be only one. */
  cluster?: string | undefined;
  /** What was committed until then, as `2026-01-31T10:15:00Z`. */
  time?: string | undefined;
  /** What was committed before this transaction, as the engine names it. */
  beforeTransaction?: string | undefined;
}
