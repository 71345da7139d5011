import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import program = require("../../index");
import { type Answers, record, type Recording, valueOf } from "./support/recording";
import { type RawConfig, read, validStack } from "./support/stack";
import * as pulumi from "@pulumi/pulumi";

const UID = "11111111-2222-3333-4444-555555555555";

/** Runs the program itself, index.ts, with a configuration. */
function run(config: RawConfig, answers?: Answers): Promise<Recording> {
  return record(
    async () => {
      read(config);
      await program();
    },
    { answers },
  );
}

function kinds(recording: Recording): string[] {
  return [...new Set(recording.resources.map(({ type }) => type.split(":").at(-1)!))].sort();
}

describe("a stack", () => {
  it("on bare metal brings what the tutorials list: class, volume, claim, Secret, Services, StatefulSet, Deployment", async () => {
    const recording = await run({
      ...validStack,
      storage: { className: "manual", path: "/mnt/data", nodes: ["node-1"] },
      applications: { shop: { image: "shop:1", port: 8080, database: "orders" } },
    });
    for (const kind of [
      "StorageClass",
      "PersistentVolume",
      "PersistentVolumeClaim",
      "Secret",
      "Service",
      "StatefulSet",
      "Deployment",
    ]) {
      assert.ok(recording.all(kind).length > 0, kind);
    }
    assert.equal(recording.one("PersistentVolumeClaim").inputs["spec"].storageClassName, "manual");
    const { containers } = recording.one("Deployment").inputs["spec"].template.spec;
    assert.equal(containers[0].env[0].value, "orders.databases.svc");
  });

  it("in the cloud makes the EBS class, and uses it", async () => {
    const recording = await run({
      ...validStack,
      target: "cloud",
      storage: { type: "gp3", iops: 4000, volumeAttributesClass: true },
    });
    assert.equal(recording.one("StorageClass").inputs["provisioner"], "ebs.csi.aws.com");
    const { spec } = recording.one("PersistentVolumeClaim").inputs;
    assert.equal(spec.storageClassName, "ebs-gp3");
    assert.equal(spec.volumeAttributesClassName, "ebs-gp3-4000");
  });

  it("in the cloud makes the bucket of its backups before the pods that get roles in it", async () => {
    const recording = await run({
      ...validStack,
      target: "cloud",
      storage: {},
      backup: { destination: { s3: { bucket: "acme", prefix: "prod", identity: "pod" } } },
      backupBucket: { clusterName: "eu", objectLockDays: 15 },
      databases: { orders: { engine: "mysql", storage: "10Gi" }, other: { engine: "mysql", backup: "none" } },
    });
    assert.equal(recording.one("Bucket").inputs["bucket"], "acme");
    assert.deepEqual(
      recording.all("PodIdentityAssociation").map(({ inputs }) => inputs["serviceAccount"]),
      ["orders", "orders-backup"],
    );
    const policy = JSON.stringify(recording.all("RolePolicy").map(({ inputs }) => inputs["policy"]));
    assert.ok(policy.includes("/prod/databases/orders/*") && !policy.includes("/other/"));
  });

  for (const target of ["cloud", "bare-metal"]) {
    it(`uses a class that exists, or the cluster's default class (${target})`, async () => {
      const existing = await run({ ...validStack, target, storage: { className: "fast", existing: true } });
      assert.equal(existing.one("PersistentVolumeClaim").inputs["spec"].storageClassName, "fast");
      const byDefault = await run({ ...validStack, target });
      assert.equal("storageClassName" in byDefault.one("PersistentVolumeClaim").inputs["spec"], false);
      assert.ok(!kinds(byDefault).includes("PersistentVolume"));
    });
  }

  it("does not load @pulumi/aws on bare metal", () => {
    // Other tests of this process need it, so a process of its own is asked.
    const script = `
      require("./test/register.js");
      require("./render/cli").main(["--stack", "bare-metal", "--out", process.argv[1]]).then((status) => {
        const aws = Object.keys(require.cache).filter((file) => /node_modules.@pulumi.aws/.test(file));
        process.exit(status === 0 && aws.length === 0 ? 0 : 1);
      });`;
    const directory = mkdtempSync("/tmp/stateful-test-");
    try {
      execFileSync(process.execPath, ["-e", script, directory], { stdio: "pipe" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("makes its namespace and keeps it, or uses one that is there", async () => {
    const made = await run({ ...validStack, namespace: "data" });
    assert.equal(made.one("Namespace").inputs["metadata"].name, "data");
    assert.equal(made.one("Namespace").opts.retainOnDelete, true);
    const used = await run({ ...validStack, namespace: "data", createNamespace: "false" });
    assert.equal(used.all("Namespace").length, 0);
    assert.equal((await run({ ...validStack, namespace: "default" })).all("Namespace").length, 0);
  });

  it("sets passwords from the stack's secrets", async () => {
    const recording = await run({ ...validStack, passwords: { orders: { password: "chosen" } } });
    assert.equal(
      recording.one("SecretPatch", "orders-credentials-values").inputs["stringData"].password,
      "chosen",
    );
  });

  it("says what its settings promise", async () => {
    let survives: string[] = [];
    let canBeLost: string[] = [];
    await record(async () => {
      read({
        ...validStack,
        databases: { orders: { engine: "mysql", settings: { sync_binlog: 0 } } },
      });
      const { databases } = await program();
      ({ survives, canBeLost } = databases["orders"]!.guarantees);
    });
    assert.deepEqual(survives, ["a deleted pod: back on its volume with every acknowledged write"]);
    assert.match(canBeLost[0]!, /the last second of acknowledged writes/);
  });
});

describe("law 10: never the wrong cluster", () => {
  const guarded = { ...validStack, cluster: { context: "prod", uid: UID } };
  const clusterWith =
    (uid: string | undefined): Answers =>
    ({ id }) =>
      id === "kube-system" ? { metadata: { uid } } : undefined;

  it("goes on in the cluster that the stack names", async () => {
    const recording = await run(guarded, clusterWith(UID));
    assert.equal(recording.one("StatefulSet").name, "orders");
    assert.equal(recording.one("kubernetes", "cluster").inputs["context"], "prod");
  });

  it("refuses another, before it makes anything there", async () => {
    const other = clusterWith("99999999-2222-3333-4444-555555555555");
    const made = await record(
      async () => {
        read(guarded);
        await assert.rejects(program(), (error: unknown) => {
          assert.ok(pulumi.RunError.isInstance(error));
          assert.match(error.message, /not the cluster that the stack is for; nothing was changed/);
          assert.match(error.message, /found: {3}"99999999/);
          return true;
        });
      },
      { answers: other },
    );
    assert.deepEqual(
      kinds(made),
      ["Namespace", "kubernetes"],
      "only the provider, and the namespace that is read",
    );
  });

  it("refuses one that it cannot identify", async () => {
    await record(
      async () => {
        read(guarded);
        await assert.rejects(program(), /found: {3}"none"/);
      },
      { answers: clusterWith(undefined), preview: true },
    );
  });

  it("asks nothing where no cluster is named", async () => {
    const recording = await run(validStack);
    assert.equal(await valueOf(pulumi.output(recording.all("Namespace").length)), 1);
  });
});
