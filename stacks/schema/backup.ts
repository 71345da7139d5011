import { z } from "zod";
import {
  type BackupArgs,
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
  DrillInterval,
} from "../../components/backup/args";
import { alsoAs, keys, numberOrText, type ShapeOf, text } from "./parts";

const destination = keys({
  s3: keys({
    bucket: text,
    prefix: text.optional(),
    region: text.optional(),
    endpoint: text.optional(),
    caSecret: text.optional(),
    credentials: keys({ existingSecret: text } satisfies ShapeOf<BackupCredentialsArgs>).optional(),
    identity: text.optional(),
  } satisfies ShapeOf<BackupS3Args>).optional(),
  volume: keys({ claim: text, prefix: text.optional() } satisfies ShapeOf<BackupVolumeArgs>).optional(),
} satisfies ShapeOf<BackupDestinationArgs>);

const block = keys({
  enabled: z.boolean().optional(),
  destination: destination.optional(),
  schedule: keys({
    window: text.optional(),
    cron: text.optional(),
  } satisfies ShapeOf<BackupScheduleArgs>).optional(),
  retention: text.optional(),
  recoveryPoint: text.optional(),
  encryption: keys({ existingSecret: text.optional() } satisfies ShapeOf<BackupEncryptionArgs>).optional(),
  source: z.enum(BackupSource).optional(),
  drill: keys({
    enabled: z.boolean().optional(),
    every: z.enum(DrillInterval).optional(),
    query: text.optional(),
  } satisfies ShapeOf<BackupDrillArgs>).optional(),
  limits: keys({
    cpu: numberOrText.optional(),
    memory: text.optional(),
    bandwidth: text.optional(),
  } satisfies ShapeOf<BackupLimitsArgs>).optional(),
  scratch: keys({
    size: text.optional(),
    storageClassName: text.optional(),
    claim: text.optional(),
  } satisfies ShapeOf<BackupScratchArgs>).optional(),
  image: text.optional(),
} satisfies ShapeOf<BackupArgs>);

/** The bucket that a stack makes for its backups; its name and prefix are those of the destination. */
export const backupBucketSchema = keys({
  clusterName: text,
  keepDeletedDays: z.int().optional(),
  objectLockDays: z.int().optional(),
  kmsKeyId: text.optional(),
  createKmsKey: z.boolean().optional(),
  adopt: z.boolean().optional(),
  deletionProtection: z.boolean().optional(),
});

/** What a stack, and each of its databases, can say of backups. `none` stands for `{ enabled: false }`. */
export const backup = alsoAs(
  { const: "none" },
  (value) => (value === "none" ? { enabled: false } : value),
  block,
);
