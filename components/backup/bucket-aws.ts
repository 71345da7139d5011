import type * as aws from "@pulumi/aws";
import { all, type Input, output, type Output, type Resource } from "@pulumi/pulumi";
import { backupName } from "../protocol/names";
import type { BackupBucketArgs, BucketDatabaseArgs } from "./args";

// Loaded when something of it is made, and one service at a time: it takes a second or more.
/* eslint-disable @typescript-eslint/no-require-imports */
const eks = () => require("@pulumi/aws/eks") as typeof aws.eks;
const iam = () => require("@pulumi/aws/iam") as typeof aws.iam;
const kms = () => require("@pulumi/aws/kms") as typeof aws.kms;
const s3 = () => require("@pulumi/aws/s3") as typeof aws.s3;
/* eslint-enable @typescript-eslint/no-require-imports */

const KEEP_DELETED_DAYS = 30;

/** Parts of uploads that were cut off are gone after these days. */
const ABORT_UPLOADS_DAYS = 7;

/** What was made, as far as roles need it. */
interface Made {
  arn: Output<string>;
  /** ARN of the KMS key. */
  key: Input<string> | undefined;
}

/** The bucket, and what it holds everybody to. All of it outlives the stack, since backups in an open bucket are none. */
export function createBucket(
  name: string,
  args: BackupBucketArgs,
  parent: Resource,
): Made & { name: Output<string> } {
  const { objectLockDays, keepDeletedDays = KEEP_DELETED_DAYS } = args;
  const kept = { parent, retainOnDelete: true };
  const key = args.createKmsKey
    ? new (kms().Key)(
        `${name}-key`,
        { description: `Backups in ${args.bucket}`, enableKeyRotation: true, deletionWindowInDays: 30 },
        kept,
      ).arn
    : args.kmsKeyId;
  const bucket = new (s3().Bucket)(
    name,
    { bucket: args.bucket, ...(objectLockDays === undefined ? {} : { objectLockEnabled: true }) },
    { ...kept, ...(args.adopt ? { import: args.bucket } : {}) },
  );
  const { id } = bucket;
  const versioning = new (s3().BucketVersioning)(
    `${name}-versioning`,
    { bucket: id, versioningConfiguration: { status: "Enabled" } },
    kept,
  );
  const block = new (s3().BucketPublicAccessBlock)(
    `${name}-public-access`,
    {
      bucket: id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    kept,
  );
  new (s3().BucketOwnershipControls)(
    `${name}-ownership`,
    { bucket: id, rule: { objectOwnership: "BucketOwnerEnforced" } },
    kept,
  );
  new (s3().BucketServerSideEncryptionConfiguration)(
    `${name}-encryption`,
    {
      bucket: id,
      rules: [
        {
          applyServerSideEncryptionByDefault:
            key === undefined ? { sseAlgorithm: "AES256" } : { sseAlgorithm: "aws:kms", kmsMasterKeyId: key },
          bucketKeyEnabled: key !== undefined,
        },
      ],
    },
    kept,
  );
  new (s3().BucketPolicy)(
    `${name}-policy`,
    { bucket: id, policy: output(bucket.arn).apply((arn) => JSON.stringify(tlsOnly(arn))) },
    { ...kept, dependsOn: [block] },
  );
  new (s3().BucketLifecycleConfiguration)(
    `${name}-lifecycle`,
    {
      bucket: id,
      rules: [
        {
          id: "deleted",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: Math.max(keepDeletedDays, objectLockDays ?? 0) },
          expiration: { expiredObjectDeleteMarker: true },
          abortIncompleteMultipartUpload: { daysAfterInitiation: ABORT_UPLOADS_DAYS },
        },
      ],
    },
    { ...kept, dependsOn: [versioning] },
  );
  if (objectLockDays !== undefined) {
    new (s3().BucketObjectLockConfiguration)(
      `${name}-lock`,
      { bucket: id, rule: { defaultRetention: { mode: "COMPLIANCE", days: objectLockDays } } },
      { ...kept, dependsOn: [versioning] },
    );
  }
  return { arn: bucket.arn, name: bucket.bucket, key };
}

function tlsOnly(arn: string): object {
  const everything = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`] };
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "TlsOnly", ...everything, Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Sid: "NoOldTls", ...everything, Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
    ],
  };
}

/** A bucket's arguments, whose databases are known before the run. */
export interface KnownBucketArgs extends Omit<BackupBucketArgs, "databases"> {
  databases: BucketDatabaseArgs[];
}

/** Two roles for each database, which its pods get by the names of their ServiceAccounts. */
export function createRoles(
  name: string,
  args: KnownBucketArgs,
  made: Made,
  parent: Resource,
): { writers: Record<string, Output<string>>; keepers: Record<string, Output<string>> } {
  const writers: Record<string, Output<string>> = {};
  const keepers: Record<string, Output<string>> = {};
  for (const database of args.databases) {
    const of = `${database.namespace}/${database.name}`;
    const role = (kind: "writer" | "keeper", serviceAccount: string): Output<string> =>
      createRole(`${name}-${database.namespace}-${database.name}-${kind}`, parent, {
        description: `Backups of ${of}: ${kind === "writer" ? "members" : "Jobs"}`,
        policy: policyOf(args, database, made, kind),
        association: { clusterName: args.clusterName, namespace: database.namespace, serviceAccount },
      });
    writers[of] = role("writer", database.name);
    keepers[of] = role("keeper", backupName(database.name));
  }
  return { writers, keepers };
}

function createRole(
  name: string,
  parent: Resource,
  {
    description,
    policy,
    association,
  }: {
    description: string;
    policy: Output<string>;
    association: { clusterName: string; namespace: string; serviceAccount: string };
  },
): Output<string> {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
      },
    ],
  };
  // Whoever has the right to make roles makes it anew; it holds no data.
  const role = new (iam().Role)(
    name,
    { description, assumeRolePolicy: JSON.stringify(trust) },
    { parent, protect: false },
  );
  new (iam().RolePolicy)(`${name}-policy`, { role: role.name, policy }, { parent, protect: false });
  new (eks().PodIdentityAssociation)(
    `${name}-identity`,
    { ...association, roleArn: role.arn },
    { parent, protect: false },
  );
  return role.arn;
}

/**
 * What a role may do, below its own database's folder. A member writes objects under names that nothing has yet (`If-None-Match`), and
 * reads; where it is restored from another database, it reads there, and writes into that one's catalogue that nothing be deleted.
 * A Job writes as it likes, and deletes: in a bucket with versions that hides an object, and no role can do more.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function policyOf(
  { prefix }: Pick<BackupBucketArgs, "prefix">,
  { name, namespace, restoresFrom = [] }: BucketDatabaseArgs,
  { arn, key }: Made,
  kind: "writer" | "keeper",
): Output<string> {
  const below = (folder: string): string => (prefix === undefined ? folder : `${prefix}/${folder}`);
  const own = below(`${namespace}/${name}`);
  const read = [own, ...(kind === "writer" ? restoresFrom.map(below) : [])];
  const ifNew = { Condition: { Null: { "s3:if-none-match": "false" } } };
  return all([arn, key]).apply(([bucket, kmsKey]) => {
    const objects = (folders: readonly string[], rest = "*"): string[] =>
      folders.map((folder) => `${bucket}/${folder}/${rest}`);
    const allow = (
      sid: string,
      action: string[],
      resource: string | string[],
      more: object = {},
    ): object => ({
      Sid: sid,
      Effect: "Allow",
      Action: action,
      Resource: resource,
      ...more,
    });
    return JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        allow("List", ["s3:ListBucket"], bucket, {
          Condition: { StringLike: { "s3:prefix": read.map((folder) => `${folder}/*`) } },
        }),
        allow("Region", ["s3:GetBucketLocation"], bucket),
        allow("Read", ["s3:GetObject"], objects(read)),
        ...(kind === "keeper"
          ? [
              allow(
                "Write",
                ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                objects([own]),
              ),
              allow("Hide", ["s3:DeleteObject"], objects([own])),
            ]
          : [
              allow("WriteNew", ["s3:PutObject"], objects([own]), ifNew),
              ...(restoresFrom.length === 0
                ? []
                : [
                    allow("Hold", ["s3:PutObject"], objects(restoresFrom.map(below), "*/catalogue/*"), ifNew),
                  ]),
            ]),
        ...(kmsKey === undefined ? [] : [allow("Encrypt", ["kms:GenerateDataKey", "kms:Decrypt"], kmsKey)]),
      ],
    });
  });
}
