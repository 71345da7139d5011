import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  EbsStorage,
  type EbsStorageArgs,
  ExistingStorage,
  HostPathStorage,
  type HostPathStorageArgs,
  InvalidArgsError,
  ReplicaVolumes,
} from "../../components";
import { spreadOverNodes } from "../../components/storage/placement";
import { record, type Recording, valueOf } from "./support/recording";

describe("EbsStorage", () => {
  const ebs = (args: EbsStorageArgs = {}): Promise<Recording> =>
    record(() => new EbsStorage("storage", args), {
      answers: ({ type, name }) =>
        type.startsWith("aws:") ? { arn: `arn:${name}`, keyId: `id-${name}` } : undefined,
    });

  it("makes volumes that are encrypted, near the pod, can grow and are kept", async () => {
    const { inputs } = (await ebs()).one("StorageClass");
    assert.equal(inputs["provisioner"], "ebs.csi.aws.com");
    assert.equal(inputs["parameters"].type, "gp3");
    assert.equal(inputs["parameters"].encrypted, "true");
    assert.equal(inputs["volumeBindingMode"], "WaitForFirstConsumer");
    assert.equal(inputs["allowVolumeExpansion"], true);
    assert.equal(inputs["reclaimPolicy"], "Retain");
  });

  it("tags volumes and snapshots, each tag a parameter of its own", async () => {
    const recording = await ebs({ tags: { team: "shop", "cost center": "4711" }, snapshotClass: true });
    const tags = { tagSpecification_1: "team=shop", tagSpecification_2: "cost center=4711" };
    const { parameters } = recording.one("StorageClass").inputs;
    assert.deepEqual({ ...parameters, ...tags }, parameters);
    assert.deepEqual(recording.one("VolumeSnapshotClass").inputs["parameters"], tags);
    const without = await ebs({ snapshotClass: true });
    assert.doesNotMatch(JSON.stringify(without.resources), /tagSpecification/);
  });

  it("sets IOPS and throughput in the class, which then is protected from being replaced", async () => {
    const storageClass = (await ebs({ iops: 6000, throughput: 500 })).one("StorageClass");
    assert.equal(storageClass.inputs["parameters"].iops, "6000");
    assert.equal(storageClass.inputs["parameters"].throughput, "500");
    assert.equal(storageClass.opts.protect, true);
  });

  it("sets them in a VolumeAttributesClass where they are to be changed in use", async () => {
    const recording = await ebs({ iops: 6000, throughput: 500, volumeAttributesClass: true });
    assert.equal("iops" in recording.one("StorageClass").inputs["parameters"], false);
    const { inputs, opts } = recording.one("VolumeAttributesClass");
    assert.equal(inputs["metadata"].name, "ebs-gp3-6000-500");
    assert.deepEqual(inputs["parameters"], { type: "gp3", iops: "6000", throughput: "500" });
    assert.equal(opts.protect, false, "other figures are another class");
  });

  it("makes a key that outlives the stack, and lets the driver's role use it and those of earlier lives", async () => {
    const recording = await ebs({ createKmsKey: true, csiDriver: { install: true, clusterName: "prod" } });
    const key = recording.one("Key");
    assert.equal(key.inputs["enableKeyRotation"], true);
    assert.equal(key.opts.retainOnDelete, true);
    assert.equal(recording.one("StorageClass").inputs["parameters"].kmsKeyId, "arn:storage-key");
    const policy = JSON.parse(recording.one("RolePolicy").inputs["policy"]);
    const [grants] = policy.Statement;
    assert.deepEqual(grants.Action, ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]);
    assert.deepEqual(grants.Condition.Bool, { "kms:GrantIsForAWSResource": "true" });
    const [[tag, owner]] = Object.entries(key.inputs["tags"]) as [[string, string]];
    for (const { Resource, Condition } of policy.Statement) {
      assert.equal(
        Resource,
        "arn:aws:kms:*:*:key/*",
        "the key of volumes that `destroy` left is another one",
      );
      assert.deepEqual(Condition.StringEquals, { [`aws:ResourceTag/${tag}`]: owner }, "and no other's");
    }
  });

  it("lets the driver's role use a given key, and no other", async () => {
    const kmsKeyId = "arn:aws:kms:eu-central-1:111122223333:key/x";
    const recording = await ebs({ kmsKeyId, csiDriver: { install: true, clusterName: "prod" } });
    const policy = JSON.parse(recording.one("RolePolicy").inputs["policy"]);
    assert.ok(policy.Statement.every(({ Resource }: { Resource: string }) => Resource === kmsKeyId));
  });

  it("installs the add-on with a role taken by Pod Identity", async () => {
    const recording = await ebs({ csiDriver: { install: true, clusterName: "prod" } });
    const { inputs } = recording.one("Addon");
    assert.equal(inputs["addonName"], "aws-ebs-csi-driver");
    assert.equal(inputs["clusterName"], "prod");
    assert.equal(inputs["podIdentityAssociations"][0].serviceAccount, "ebs-csi-controller-sa");
    const trust = JSON.parse(recording.one("Role").inputs["assumeRolePolicy"]);
    assert.deepEqual(trust.Statement[0].Principal, { Service: "pods.eks.amazonaws.com" });
    assert.deepEqual(trust.Statement[0].Action, ["sts:AssumeRole", "sts:TagSession"]);
    assert.equal(recording.all("RolePolicy").length, 0, "no key, no rights on one");
  });

  it("makes a VolumeSnapshotClass and keeps to zones where asked", async () => {
    const recording = await ebs({ snapshotClass: true, zones: ["eu-central-1a"], className: "fast" });
    assert.equal(recording.one("VolumeSnapshotClass").inputs["deletionPolicy"], "Retain");
    assert.deepEqual(recording.one("StorageClass").inputs["allowedTopologies"], [
      { matchLabelExpressions: [{ key: "topology.kubernetes.io/zone", values: ["eu-central-1a"] }] },
    ]);
    assert.equal(recording.one("StorageClass").inputs["metadata"].name, "fast");
  });

  it("makes nothing in AWS where nothing is asked for", async () => {
    const { resources } = await ebs({ kmsKeyId: "arn:aws:kms:eu-central-1:111122223333:key/x" });
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("aws:")),
      [],
    );
  });

  it("refuses figures that gp3 does not have, two keys, and an add-on without a cluster", () => {
    assert.throws(
      () =>
        new EbsStorage("storage", {
          iops: 2999,
          throughput: 2001,
          createKmsKey: true,
          kmsKeyId: "arn",
          encrypted: false,
          csiDriver: { install: true },
        }),
      (error: unknown) => {
        assert.ok(error instanceof InvalidArgsError);
        const keys = error.problems.map(({ key }) => key.replace("storage.", ""));
        assert.deepEqual(keys, ["iops", "throughput", "kmsKeyId", "encrypted", "csiDriver.clusterName"]);
        return true;
      },
    );
  });
});

describe("HostPathStorage", () => {
  const database = { name: "orders", namespace: "databases", replicas: 3, storage: "20Gi", userId: 999 };
  const args: HostPathStorageArgs = {
    path: "/mnt/data",
    nodes: ["node-1", "node-2", "node-3"],
    databases: [database],
  };
  const hostPath = (more: Partial<HostPathStorageArgs> = {}): Promise<Recording> =>
    record(() => new HostPathStorage("storage", { ...args, ...more }));
  const nodeOf = (volume: { inputs: Record<string, any> }): string =>
    volume.inputs["spec"].nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0];

  it("refuses a database that is known later, since its volumes are named and counted by it", () => {
    const later = pulumi.output({
      name: "orders",
      namespace: "shop",
      replicas: 1,
      storage: "1Gi",
      userId: 999,
    });
    const args = { path: "/mnt/data", nodes: ["a"], databases: [later] };
    assert.throws(
      () => new HostPathStorage("storage", args),
      /storage\.databases\[0\][^]*allowed: an object that is known before the run/,
    );
  });

  it("makes the tutorials' class and a local volume for each replica, bound to its claim beforehand", async () => {
    const recording = await hostPath();
    assert.equal(recording.one("StorageClass").inputs["metadata"].name, "manual");
    assert.equal(recording.one("StorageClass").inputs["provisioner"], "kubernetes.io/no-provisioner");
    const volumes = recording.all("PersistentVolume");
    assert.deepEqual(volumes.map(({ inputs }) => inputs["spec"].claimRef.name).sort(), [
      "data-orders-0",
      "data-orders-1",
      "data-orders-2",
    ]);
    assert.equal(volumes[0]!.inputs["spec"].local.path, "/mnt/data/databases/data-orders-0");
    assert.equal(volumes[0]!.inputs["spec"].capacity.storage, "20Gi");
  });

  it("gives each replica a node of its own", async () => {
    const nodes = (await hostPath()).all("PersistentVolume").map(nodeOf);
    assert.deepEqual([...new Set(nodes)].sort(), args.nodes);
  });

  it("makes each directory where its volume is, for the database's user", async () => {
    const recording = await hostPath();
    const volumes = recording.all("PersistentVolume");
    const lines = recording.one("ConfigMap").inputs["data"].directories.trimEnd().split("\n");
    assert.deepEqual(
      lines,
      volumes.map((volume, ordinal) => `${nodeOf(volume)} databases/data-orders-${ordinal} 999`),
    );
  });

  it("runs on the nodes with volumes, whatever their taints, in a namespace apart", async () => {
    const recording = await hostPath({ requireMount: true });
    const { metadata, spec } = recording.one("DaemonSet").inputs;
    assert.equal(metadata.namespace, "stateful-storage");
    assert.deepEqual(spec.template.spec.tolerations, [{ operator: "Exists" }]);
    assert.equal(spec.template.spec.volumes[0].hostPath.type, "Directory");
    const env = spec.template.spec.containers[0].env as { name: string; value: string }[];
    assert.equal(env.find(({ name }) => name === "REQUIRE_MOUNT")?.value, "true");
    assert.deepEqual(spec.template.spec.containers[0].securityContext.capabilities.drop, ["ALL"]);
  });

  it("puts replicas on the nodes that are named for them, and refuses to move them", async () => {
    const recording = await hostPath({
      databases: [{ ...database, nodes: ["node-3", "node-1", "node-2"] }],
    });
    const volumes = recording.all("PersistentVolume");
    assert.deepEqual(volumes.map(nodeOf), ["node-3", "node-1", "node-2"]);
    for (const { opts } of volumes) assert.deepEqual(opts.ignoreChanges, []);
  });

  it("spreads the first replicas of many databases over the nodes", () => {
    const first = Array.from(
      { length: 60 },
      (_, index) => spreadOverNodes(`db-${index}`, 1, args.nodes, undefined)[0],
    );
    for (const node of args.nodes) {
      const share = first.filter((name) => name === node).length;
      assert.ok(share >= 10 && share <= 30, `${node} has ${share} of 60`);
    }
  });
});

describe("ReplicaVolumes", () => {
  it("names the claims as the StatefulSet controller looks for them", async () => {
    let volumes: ReplicaVolumes | undefined;
    const recording = await record(() => {
      volumes = new ReplicaVolumes("orders-data", {
        database: "orders",
        namespace: "databases",
        replicas: 3,
        storage: "1Gi",
        storageClassName: "fast",
      });
    });
    assert.deepEqual(await valueOf(volumes!.claimNames), ["data-orders-0", "data-orders-1", "data-orders-2"]);
    for (const { inputs } of recording.all("PersistentVolumeClaim")) {
      assert.deepEqual(inputs["spec"].accessModes, ["ReadWriteOnce"], "one volume for one replica");
      assert.equal(inputs["spec"].storageClassName, "fast");
    }
  });
});

describe("ExistingStorage", () => {
  it("reads a class that is named, so that one that does not exist is an error at preview", async () => {
    let storage: ExistingStorage | undefined;
    const recording = await record(
      () => {
        storage = new ExistingStorage("storage", { className: "fast" });
      },
      { answers: () => ({ allowVolumeExpansion: true }) },
    );
    assert.equal(recording.one("StorageClass").inputs["metadata"], undefined, "nothing is made");
    assert.equal(await valueOf(storage!.storageClassName), "fast");
    assert.equal(await valueOf(storage!.expandable), true);
  });

  it("leaves the default class to the cluster", async () => {
    const recording = await record(() => new ExistingStorage("storage", {}));
    assert.equal(recording.all("StorageClass").length, 0);
  });
});
