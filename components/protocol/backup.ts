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
  /** How often a restore is tried; absent where none is. */
  drillSeconds?: number;
  /** Asked of what a drill restored. */
  drillQuery?: string;
}

/** Keys of the ConfigMap of results, each with a value in JSON. It is for who cannot read the store, and decides nothing. */
export const BACKUP_RESULTS = {
  /** A `CopyResult`. */
  copy: "copy.json",
  /** A `DrillResult`. */
  drill: "drill.json",
  /** A `DrillResult`: the last one that ended well. */
  goodDrill: "good-drill.json",
  /** A `CopiesReport`, after each full copy. */
  copies: "copies.json",
} as const;

/** How the last attempt ended. */
interface Result {
  /** Absent where none has ended yet. */
  good?: boolean | undefined;
  /** When it ended, as `2026-11-26T10:15:00Z`. */
  at?: string | undefined;
  /** When the next one began, while it is under way. */
  begun?: string | undefined;
  /** What went wrong, as a sentence without its full stop, and what to do about it. */
  why?: string | undefined;
  advice?: string | undefined;
  /** Of what was copied, or restored. */
  bytes?: number | undefined;
}

/** A full copy. */
export interface CopyResult extends Result {
  /** How long it took, s. */
  seconds?: number | undefined;
}

/** A drill: a restore that was tried. */
export interface DrillResult extends Result {
  /** What was restored: `latest`, or a moment as `2026-11-26T10:15:00Z`. */
  target?: string | undefined;
  /** How long it took to fetch copy and log, to replay, and to start the server on that, s. */
  seconds?: { download: number; replay: number; ready: number } | undefined;
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
