import assert from "node:assert/strict";
import { BackupBucket, type BackupBucketArgs, InvalidArgsError } from "../../components";
import { record, type Recording } from "./support/recording";

const ARN = "arn:aws:s3:::acme";
const args: BackupBucketArgs = {
  bucket: "acme",
  prefix: "prod",
  clusterName: "eu",
  databases: [{ name: "orders", namespace: "shop" }],
};

const made = (more: Partial<BackupBucketArgs> = {}): Promise<Recording> =>
  record(() => new BackupBucket("backups", { ...args, ...more }), {
    answers: ({ type, name }) =>
      type === "aws:s3/bucket:Bucket"
        ? { arn: ARN, bucket: "acme" }
        : type.startsWith("aws:")
          ? { arn: `arn:${name}`, name }
          : undefined,
  });

const policyOf = (recording: Recording, name: string): any[] =>
  JSON.parse(recording.one("RolePolicy", name).inputs["policy"]).Statement;
const statement = (recording: Recording, name: string, sid: string): any =>
  policyOf(recording, name).find(({ Sid }) => Sid === sid);
const WRITER = "backups-shop-orders-writer";
const KEEPER = "backups-shop-orders-keeper";

describe("a bucket for backups", () => {
  let recording: Recording;
  before(async () => {
    recording = await made();
  });

  it("has versions, is nobody's but its owner's, and encrypts", () => {
    assert.equal(recording.one("Bucket").inputs["bucket"], "acme");
    assert.equal("forceDestroy" in recording.one("Bucket").inputs, false);
    assert.deepEqual(recording.one("BucketVersioning").inputs["versioningConfiguration"], {
      status: "Enabled",
    });
    const block = recording.one("BucketPublicAccessBlock").inputs;
    assert.deepEqual(block, {
      bucket: block["bucket"],
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    assert.deepEqual(recording.one("BucketOwnershipControls").inputs["rule"], {
      objectOwnership: "BucketOwnerEnforced",
    });
    const [rule] = recording.one("BucketServerSideEncryptionConfiguration").inputs["rules"];
    assert.deepEqual(rule.applyServerSideEncryptionByDefault, { sseAlgorithm: "AES256" });
  });

  it("refuses what does not come by TLS 1.2 or later, to everybody and for everything in it", () => {
    const { Statement } = JSON.parse(recording.one("BucketPolicy").inputs["policy"]);
    assert.deepEqual(Statement, [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [ARN, `${ARN}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        Sid: "NoOldTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [ARN, `${ARN}/*`],
        Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
      },
    ]);
  });

  it("keeps what was deleted for a while, and then no longer", async () => {
    const rules = (of: Recording) => of.one("BucketLifecycleConfiguration").inputs["rules"];
    assert.deepEqual(rules(recording), [
      {
        id: "deleted",
        status: "Enabled",
        filter: { prefix: "" },
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        expiration: { expiredObjectDeleteMarker: true },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ]);
    const locked = await made({ keepDeletedDays: 5, objectLockDays: 15 });
    assert.equal(rules(locked)[0].noncurrentVersionExpiration.noncurrentDays, 15, "not before the lock ends");
  });

  it("is locked where that is asked for, also against its owner", async () => {
    assert.deepEqual(recording.all("BucketObjectLockConfiguration"), []);
    const locked = await made({ objectLockDays: 15 });
    assert.equal(locked.one("Bucket").inputs["objectLockEnabled"], true);
    assert.deepEqual(locked.one("BucketObjectLockConfiguration").inputs["rule"], {
      defaultRetention: { mode: "COMPLIANCE", days: 15 },
    });
  });

  it("outlives the stack with all that guards it, and is taken over by the next one", async () => {
    const locked = await made({ objectLockDays: 15, createKmsKey: true, adopt: true });
    const guards = locked.resources.filter(({ type }) => /^aws:(s3|kms)/.test(type));
    assert.equal(guards.length, 9);
    for (const { name, opts } of guards) assert.equal(opts.retainOnDelete, true, name);
    assert.equal(locked.one("Bucket").opts.protect, true);
    assert.equal((locked.one("Bucket").opts as { import?: string }).import, "acme");
    assert.equal((recording.one("Bucket").opts as { import?: string }).import, undefined);
  });

  it("lets members write under new names alone, and read; they delete nothing and write over nothing", () => {
    assert.deepEqual(policyOf(recording, `${WRITER}-policy`), [
      {
        Sid: "List",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: ARN,
        Condition: { StringLike: { "s3:prefix": ["prod/shop/orders/*"] } },
      },
      { Sid: "Region", Effect: "Allow", Action: ["s3:GetBucketLocation"], Resource: ARN },
      { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${ARN}/prod/shop/orders/*`] },
      {
        Sid: "WriteNew",
        Effect: "Allow",
        Action: ["s3:PutObject"],
        Resource: [`${ARN}/prod/shop/orders/*`],
        Condition: { Null: { "s3:if-none-match": "false" } },
      },
    ]);
  });

  it("lets Jobs hide what is too old, and nobody delete a version, or change what guards the bucket", () => {
    assert.deepEqual(statement(recording, `${KEEPER}-policy`, "Hide"), {
      Sid: "Hide",
      Effect: "Allow",
      Action: ["s3:DeleteObject"],
      Resource: [`${ARN}/prod/shop/orders/*`],
    });
    const actions = [WRITER, KEEPER].flatMap((name) =>
      policyOf(recording, `${name}-policy`).flatMap(({ Action }) => Action),
    );
    assert.deepEqual([...new Set(actions)].sort(), [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]);
  });

  it("gives roles to the pods of each database by their accounts, and to nobody else", () => {
    const associations = recording.all("PodIdentityAssociation").map(({ inputs }) => inputs);
    assert.deepEqual(
      associations.map(({ clusterName, namespace, serviceAccount, roleArn }) => [
        ...[clusterName, namespace, serviceAccount, roleArn],
      ]),
      [
        ["eu", "shop", "orders", `arn:${WRITER}`],
        ["eu", "shop", "orders-backup", `arn:${KEEPER}`],
      ],
    );
    for (const { inputs } of recording.all("Role")) {
      assert.deepEqual(JSON.parse(inputs["assumeRolePolicy"]).Statement, [
        {
          Effect: "Allow",
          Principal: { Service: "pods.eks.amazonaws.com" },
          Action: ["sts:AssumeRole", "sts:TagSession"],
        },
      ]);
    }
  });

  it("lets a database that is restored read the other one's backups, and hold them", async () => {
    const restores = [{ name: "orders", namespace: "shop", restoresFrom: ["old/orders"] }];
    const recorded = await made({ databases: restores, prefix: undefined as never });
    const both = [`${ARN}/shop/orders/*`, `${ARN}/old/orders/*`];
    assert.deepEqual(statement(recorded, `${WRITER}-policy`, "Read").Resource, both);
    assert.deepEqual(statement(recorded, `${WRITER}-policy`, "WriteNew").Resource, [both[0]]);
    const hold = statement(recorded, `${WRITER}-policy`, "Hold");
    assert.deepEqual(hold.Resource, [`${ARN}/old/orders/*/catalogue/*`]);
    assert.deepEqual(hold.Condition, { Null: { "s3:if-none-match": "false" } });
    assert.deepEqual(statement(recorded, `${KEEPER}-policy`, "Read").Resource, [both[0]]);
  });

  it("encrypts with a key of its own where asked, which both roles use and no other", async () => {
    for (const [more, arn] of [
      [{ createKmsKey: true }, "arn:backups-key"],
      [{ kmsKeyId: "arn:mine" }, "arn:mine"],
    ] as const) {
      const recorded = await made(more);
      const [rule] = recorded.one("BucketServerSideEncryptionConfiguration").inputs["rules"];
      assert.deepEqual(rule, {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: arn },
        bucketKeyEnabled: true,
      });
      for (const name of [WRITER, KEEPER]) {
        const { Action, Resource } = statement(recorded, `${name}-policy`, "Encrypt");
        assert.deepEqual([Action, Resource], [["kms:GenerateDataKey", "kms:Decrypt"], arn]);
      }
    }
    assert.equal((await made({ createKmsKey: true })).one("Key").inputs["enableKeyRotation"], true);
  });

  it("refuses what cannot be, all at once", () => {
    const wrong = {
      ...args,
      bucket: "Acme.Backups",
      prefix: "/prod",
      clusterName: "",
      keepDeletedDays: 0,
      objectLockDays: 1.5,
      createKmsKey: true,
      kmsKeyId: "arn:x",
      databases: [{ name: "Orders", namespace: "shop!", restoresFrom: ["orders"] }],
    };
    assert.throws(
      () => new BackupBucket("backups", wrong),
      (error: unknown) => {
        assert.ok(error instanceof InvalidArgsError);
        for (const key of [
          "bucket",
          "prefix",
          "clusterName",
          "keepDeletedDays",
          "objectLockDays",
          "kmsKeyId",
          "databases[0].name",
          "databases[0].namespace",
          "databases[0].restoresFrom",
        ])
          assert.ok(error.message.includes(key), key);
        return true;
      },
    );
    assert.throws(() => new BackupBucket("backups", { ...args, databases: [] }), /at least one/);
  });
});
