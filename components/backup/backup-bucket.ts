import * as pulumi from "@pulumi/pulumi";
import { isDnsLabel, isServiceName } from "../common/names";
import { knownItems } from "../common/outputs";
import { Problems } from "../common/problems";
import type { BackupBucketArgs, BucketDatabaseArgs } from "./args";
import { createBucket, createRoles, type KnownBucketArgs } from "./bucket-aws";

/**
 * A bucket of Amazon S3 for backups, with roles for those who use it. Each database has two: its members write new objects, and
 * neither delete nor write over any; the Jobs of its backup delete what is too old. Neither can delete a version, so that whatever they
 * do can be undone for `keepDeletedDays`. It outlives the stack.
 *
 * @throws InvalidArgsError for a name that no bucket has, two keys, days out of range.
 */
export class BackupBucket extends pulumi.ComponentResource {
  /** Name of the bucket. */
  readonly bucketName: pulumi.Output<string>;
  /** ARN of the bucket. */
  readonly bucketArn: pulumi.Output<string>;
  /** ARN of the KMS key that it encrypts with, where there is one. */
  readonly kmsKeyArn: pulumi.Output<string | undefined>;
  /** ARN of each database's members' role, by `<namespace>/<name>`. */
  readonly writerRoles: pulumi.Output<Record<string, string>>;
  /** ARN of the role of each database's Jobs, likewise. */
  readonly keeperRoles: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    const known = { ...args, databases: knownItems(args.databases, name, "databases") };
    const problems = new Problems(name);
    checkBucket(known, problems);
    problems.throwIfAny();
    super(
      "stateful:index:BackupBucket",
      name,
      {},
      pulumi.mergeOptions({ protect: args.deletionProtection ?? true }, opts),
    );
    const { arn, name: bucketName, key } = createBucket(name, args, this);
    const roles = createRoles(name, known, { arn, key }, this);
    this.bucketName = bucketName;
    this.bucketArn = arn;
    this.kmsKeyArn = pulumi.output(key);
    this.writerRoles = pulumi.output(roles.writers);
    this.keeperRoles = pulumi.output(roles.keepers);
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      kmsKeyArn: this.kmsKeyArn,
      writerRoles: this.writerRoles,
      keeperRoles: this.keeperRoles,
    });
  }
}

/** Finds what is wrong with the arguments of `BackupBucket`. */
export function checkBucket(args: KnownBucketArgs, problems: Problems): void {
  const { bucket, prefix, clusterName, databases, kmsKeyId, createKmsKey } = args;
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
    problems.add("bucket", {
      value: bucket,
      allowed: "3 to 63 lower-case letters, digits and '-', a letter or digit first and last",
      fix: "write a name without dots: a bucket that has any cannot be reached by TLS under its own name",
    });
  }
  if (prefix !== undefined && !/^[A-Za-z0-9_.=-]+(\/[A-Za-z0-9_.=-]+)*$/.test(prefix)) {
    problems.add("prefix", {
      value: prefix,
      allowed: "names of letters, digits, '-', '_', '.' and '=', with one '/' between two of them",
      fix: "write it as the databases' backup.destination.s3 has it",
    });
  }
  if (clusterName === "") {
    problems.add("clusterName", { allowed: "the name of the EKS cluster", fix: "add it" });
  }
  for (const days of ["keepDeletedDays", "objectLockDays"] as const) checkDays(days, args[days], problems);
  if (createKmsKey && kmsKeyId !== undefined) {
    problems.add("kmsKeyId", {
      allowed: "either kmsKeyId or createKmsKey",
      fix: "remove createKmsKey to use that key, or kmsKeyId to have one made",
    });
  }
  if (databases.length === 0) {
    problems.add("databases", {
      allowed: "at least one: a bucket that nobody may write to keeps nothing",
      fix: "name the databases whose backups it is for",
    });
  }
  databases.forEach((database, index) => {
    checkDatabase(database, problems.at(`databases[${index}]`));
  });
}

function checkDatabase({ name, namespace, restoresFrom = [] }: BucketDatabaseArgs, problems: Problems): void {
  if (!isServiceName(name)) {
    problems.add("name", { value: name, allowed: "the name of a database", fix: "correct it" });
  }
  if (!isDnsLabel(namespace)) {
    problems.add("namespace", { value: namespace, allowed: "the name of a namespace", fix: "correct it" });
  }
  for (const source of restoresFrom) {
    const [where = "", what = "", ...more] = source.split("/");
    if (isDnsLabel(where) && isServiceName(what) && more.length === 0) continue;
    problems.add("restoresFrom", {
      value: source,
      allowed: "<namespace>/<name> of a database",
      fix: "write it like databases/orders",
    });
  }
}

function checkDays(key: string, days: number | undefined, problems: Problems): void {
  if (days === undefined || (Number.isInteger(days) && days >= 1 && days <= 3650)) return;
  problems.add(key, { value: days, allowed: "1 to 3650 whole days", fix: "choose one of these" });
}
