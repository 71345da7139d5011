/**
 * What a program that uses the library sees of backups: where they go, how long they are kept, and from which one a database begins.
 *
 * @module
 */
export {
  type BackupArgs,
  type BackupBucketArgs,
  type BackupCredentialsArgs,
  type BackupDestinationArgs,
  type BackupDrillArgs,
  type BackupEncryptionArgs,
  type BackupLimitsArgs,
  type BackupS3Args,
  type BackupScheduleArgs,
  type BackupScratchArgs,
  BackupSource,
  type BackupVolumeArgs,
  type BucketDatabaseArgs,
  DrillInterval,
  type RestoreFromArgs,
} from "./args";
export { BackupBucket } from "./backup-bucket";
