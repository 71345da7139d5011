import type { z } from "zod";
import type { BackupS3Args } from "../components/backup/args";
import { BackupBucket, checkBucket } from "../components/backup/backup-bucket";
import type { KnownBucketArgs } from "../components/backup/bucket-aws";
import { wantedBackup } from "../components/backup/settings";
import type { Problems } from "../components/common/problems";
import type { backupBucketSchema } from "./schema/backup";
import type { CommonConfig, DatabaseConfig } from "./types";

/** A bucket that a stack makes for its backups. */
export type BucketConfig = z.infer<typeof backupBucketSchema>;

type OfStack = Pick<CommonConfig, "namespace" | "databases" | "backupBucket">;

/** Where a database's backups go, if that is a bucket of Amazon S3 by the pods' identity. */
function destinationOf({ args }: DatabaseConfig): BackupS3Args | undefined {
  const s3 = wantedBackup(args.backup)?.destination?.s3;
  return s3?.identity === "pod" && s3.endpoint === undefined ? s3 : undefined;
}

/** What the bucket is made of: the databases that say its name, and what they are restored from. */
function bucketArgs(config: BucketConfig, { namespace, databases }: OfStack): KnownBucketArgs | undefined {
  const users = databases.filter((database) => destinationOf(database) !== undefined);
  const [first] = users.flatMap((database) => destinationOf(database) ?? []);
  if (first === undefined) return undefined;
  return {
    ...config,
    bucket: first.bucket,
    prefix: first.prefix,
    databases: users.map(({ name, args: { restoreFrom } }) => ({
      ...{ name, namespace },
      ...(restoreFrom === undefined
        ? {}
        : { restoresFrom: [`${restoreFrom.namespace ?? namespace}/${restoreFrom.database}`] }),
    })),
  };
}

/** Finds what is wrong with it. */
export function checkBackupBucket(stack: OfStack, target: string | undefined, problems: Problems): void {
  const config = stack.backupBucket;
  if (config === undefined) return;
  if (target === "bare-metal") {
    problems.add("", {
      allowed: "only with target: cloud: it is made in Amazon S3",
      fix: "remove it, and name a bucket that is there in stateful:backup",
    });
    return;
  }
  const args = bucketArgs(config, stack);
  if (args === undefined) {
    problems.add("", {
      allowed: "only with a database whose backup goes there",
      fix: "set stateful:backup to `destination: { s3: { bucket: NAME, identity: pod } }`, without an endpoint",
    });
    return;
  }
  for (const database of stack.databases) {
    const s3 = destinationOf(database);
    if (s3 === undefined || (s3.bucket === args.bucket && s3.prefix === args.prefix)) continue;
    problems.add("", {
      value: `${s3.bucket}/${s3.prefix ?? ""}`,
      allowed: `one bucket and prefix for all databases of the stack that go by the pods' identity: ${args.bucket}/${args.prefix ?? ""}`,
      fix: `give ${database.name} the same, or make its bucket yourself, in a stack of its own`,
    });
  }
  checkBucket(args, problems);
}

/** Makes it, where it is asked for. */
export function createBackupBucket(stack: OfStack): BackupBucket | undefined {
  const args = stack.backupBucket && bucketArgs(stack.backupBucket, stack);
  return args && new BackupBucket("backup-bucket", args);
}
