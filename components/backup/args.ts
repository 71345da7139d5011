import type * as pulumi from "@pulumi/pulumi";

/** The Secret with an account of an S3-compatible store. */
export interface BackupCredentialsArgs {
  /** A Secret in the namespace with the keys `access-key-id` and `secret-access-key`. */
  existingSecret: string;
}

/** A bucket of an S3-compatible store. It must be there; nothing makes it. */
export interface BackupS3Args {
  /** Name of the bucket. */
  bucket: string;
  /** Where in the bucket: names before each object's, with `/` between them. @default the bucket's root */
  prefix?: string;
  /** Region that requests are signed for. @default us-east-1 */
  region?: string;
  /** Address of the store, for instance `https://s3.acme:9000`. @default that of Amazon S3 in the region */
  endpoint?: string;
  /** A Secret in the namespace whose key `ca.crt` has the authority of the endpoint's certificate. @default those that everybody trusts */
  caSecret?: string;
  /** The account that reads and writes: this or `identity`. @default none */
  credentials?: BackupCredentialsArgs;
  /**
   * `pod`: the role that the cluster gives the pods' ServiceAccounts, `<name>` and `<name>-backup`, by EKS Pod Identity or its
   * web identity. @default none
   */
  identity?: string;
}

/** A volume that all pods of the database can mount at once. */
export interface BackupVolumeArgs {
  /** A claim in the namespace with the access mode ReadWriteMany. */
  claim: string;
  /** Directory in the volume. @default its root */
  prefix?: string;
}

/** Where backups are kept: exactly one of these. */
export interface BackupDestinationArgs {
  /** A bucket. */
  s3?: BackupS3Args;
  /** A volume. One of the same storage as the database's own is lost with it. */
  volume?: BackupVolumeArgs;
}

/** When full copies are made: one of these. */
export interface BackupScheduleArgs {
  /** A time of the day, UTC: each database begins at a minute of it that follows from its name. @default 01:00-05:00 */
  window?: string;
  /** Five fields of cron, UTC. @default once a day within the window */
  cron?: string;
}

/** What encrypts the backups. Without it they cannot be read, by nobody. */
export interface BackupEncryptionArgs {
  /** A Secret in the namespace whose key `encryption-key` has 32 characters or more. @default a generated one, kept in `<name>-backup-key` */
  existingSecret?: string;
}

/** Which member a full copy is taken from. */
export enum BackupSource {
  /** A replica that is at most 30 s behind; the primary, where there is none. */
  Replica = "replica",
  /** The primary. */
  Primary = "primary",
}

/** What a full copy may take, of processor, memory and network. */
export interface BackupLimitsArgs {
  /** Processors of each of the Job's two containers at most. @default no limit */
  cpu?: string;
  /** Memory of each of the two, reserved and the limit as well. @default 1Gi */
  memory?: string;
  /**
   * What is sent to the destination in a second, for instance `50Mi`, and what a drill fetches of the copy: its time is that of the limit
   * then. A restore knows no limit. @default no limit
   */
  bandwidth?: string;
}

/** The volume that a full copy is made on, before it is sent. */
export interface BackupScratchArgs {
  /** Size of it. @default that of a replica's volume */
  size?: string;
  /** Its class. @default that of the database's volumes */
  storageClassName?: string;
  /** A claim that is there, instead of a volume for the time of each copy. @default none */
  claim?: string;
}

/** How often a restore is tried. */
export enum DrillInterval {
  /** Every day. */
  Daily = "daily",
  /** Every week, on a day that follows from the database's name. */
  Weekly = "weekly",
  /** Every month, likewise. */
  Monthly = "monthly",
}

/** A restore that is tried, to know that it works and how long it takes. */
export interface BackupDrillArgs {
  /** Whether there are any. @default true */
  enabled?: boolean;
  /** How often, within the window of `schedule`. The window must be as long: `retention`. @default weekly */
  every?: DrillInterval;
  /**
   * One query without side effects, asked of what was restored: its first value must be there, and neither 0 nor false. It names
   * tables with their database or schema. @default none
   */
  query?: string;
}

/** Backups of a database: full copies once a day, and the log of changes between them all the time. */
export interface BackupArgs {
  /** Whether there are any. @default true */
  enabled?: boolean;
  /** Where they are kept. */
  destination?: BackupDestinationArgs;
  /** When full copies are made. @default once a day, between 01:00 and 05:00 UTC */
  schedule?: BackupScheduleArgs;
  /** How long one can go back, from `1d` to `3650d`. @default 14d */
  retention?: string;
  /** How much of the last writes may be lost with all volumes, from `5s` to `1h`. @default 10s */
  recoveryPoint?: string;
  /** What encrypts them. @default a generated key */
  encryption?: BackupEncryptionArgs;
  /** Which member full copies are taken from. @default replica */
  source?: BackupSource;
  /** Restores that are tried: of all that there is, and every other time of a random moment. @default every week */
  drill?: BackupDrillArgs;
  /** What a full copy may take. @default 1Gi of memory for each of its two containers */
  limits?: BackupLimitsArgs;
  /** The volume that full copies are made on. @default one as large as a replica's, for the time of the copy */
  scratch?: BackupScratchArgs;
  /** Image with `restic` in `/usr/bin`. @default restic's official one */
  image?: string;
}

/** A database whose backups are in the bucket. */
export interface BucketDatabaseArgs {
  /** Name of the database. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** Databases whose backups it is restored from, as `<namespace>/<name>`. @default none */
  restoresFrom?: string[];
}

/** A bucket for backups. */
export interface BackupBucketArgs {
  /** Name of the bucket, which nobody in the world has yet. */
  bucket: string;
  /** Where in the bucket, as `destination.s3.prefix` of the databases says it. @default the bucket's root */
  prefix?: string;
  /** Name of the EKS cluster, whose pods get the roles by Pod Identity; it has the add-on `eks-pod-identity-agent`. */
  clusterName: string;
  /** The databases that get roles. */
  databases: pulumi.Input<BucketDatabaseArgs>[];
  /** For how many days what was deleted, or written over, can be brought back, 1 to 3,650. @default 30 */
  keepDeletedDays?: number;
  /**
   * For how many days nobody can delete a version for good, the account's owner included (object lock, mode COMPLIANCE), 1 to 3,650.
   * Only while the bucket is made. @default no lock
   */
  objectLockDays?: number;
  /** ARN of the KMS key that the bucket encrypts with, beside the backup's own key. @default keys of S3 itself */
  kmsKeyId?: pulumi.Input<string>;
  /** Whether to create a KMS key, rotated yearly, and use it. Excludes `kmsKeyId`. @default false */
  createKmsKey?: boolean;
  /** Whether the bucket is there, from an earlier life of the stack, and is taken over. @default false */
  adopt?: boolean;
  /** Whether replacing or deleting the bucket is refused. @default true */
  deletionProtection?: boolean;
}

/** A new database that begins with what another one's backups hold. Only while it is made: later it says where its data came from. */
export interface RestoreFromArgs {
  /** Name of the database whose backups are read: one of this namespace, unless `namespace` says another. */
  database: string;
  /** Namespace that it was in. @default that of the new database */
  namespace?: string;
  /** Identity of its cluster, a UUID; the destination has one folder for each. @default the only one, or the one that the time lies in */
  cluster?: string;
  /** What was committed until then, for instance `2026-11-24T10:15:00Z`. @default all that there is */
  time?: string;
  /** What was committed before this transaction, as the engine names it, for instance by a GTID. @default all that there is */
  beforeTransaction?: string;
  /** A Secret in the namespace with the key `encryption-key` of the backups that are read. @default `<database>-backup-key`, or that of `backup.encryption` */
  encryptionSecret?: string;
}
