/** What a database's component, its agents and its backup's Jobs must agree on. */

/** The files below `BACKUP_PATH`; the first comes from a ConfigMap, the others from Secrets. All are read again at each use. */
export const BACKUP_FILES = {
  /** What is wanted, a `BackupSettings` in JSON. Without it the database has no backup. */
  settings: "backup.json",
  /** What objects are sealed with: any text of at least 32 characters. */
  encryptionKey: "encryption-key",
  /** The store's account, with `credentials: "keys"`. */
  accessKeyId: "access-key-id",
  secretAccessKey: "secret-access-key",
  /** The authority of the store's certificate in PEM. Without it, those that Node knows. */
  ca: "ca.crt",
} as const;

/** What is wanted of a database's backup. Times in seconds. */
export interface BackupSettings {
  destination: BackupDestination;
  /** How much may be lost with all volumes. */
  recoveryPointSeconds: number;
  /** How far back a moment can be restored. */
  retentionSeconds: number;
  /** How much of a member's volume logs may take that are not stored yet, in percent. */
  keepLogsPercent: number;
  /** What happens at that limit: the oldest are given up, and a gap is written down; or the primary takes no more writes. */
  whenAway: "release" | "stopWrites";
}

/** Where backups are stored. */
export type BackupDestination = S3Destination | DirectoryDestination;

/** A bucket of S3, or of what speaks like it. */
export interface S3Destination {
  kind: "s3";
  bucket: string;
  region: string;
  /** `https://host:port`. @default Amazon's of that region */
  endpoint?: string;
  /** What every object's name begins with, without slashes at its ends; empty for none. */
  prefix: string;
  /** `keys`: those of the Secret. `identity`: what the cluster gives the pod's ServiceAccount (EKS Pod Identity, web identity). */
  credentials: "keys" | "identity";
}

/** A volume that all members and Jobs mount. */
export interface DirectoryDestination {
  kind: "directory";
  /** Where it is mounted. */
  path: string;
  /** The directory below that, without slashes at its ends; empty for none. */
  prefix: string;
}
