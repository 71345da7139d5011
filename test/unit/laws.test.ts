import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { DataPolicy, HostPathStorage, MySql, type MySqlArgs } from "../../components";
import { scaleRefusal } from "../../components/database/scale-guard";
import { sizeRefusal } from "../../components/storage/size-guard";
import { type Recorded, record, type Recording } from "./support/recording";

// The laws of data safety, as far as what Pulumi is told can show them. That they hold in a cluster is shown
// by the end-to-end tests.

const DATA_KINDS = ["PersistentVolumeClaim", "PersistentVolume", "Secret", "SecretPatch"];

async function bareMetal(args: Partial<MySqlArgs> = {}): Promise<Recording> {
  return record(() => {
    const retainingProvider = new k8s.Provider("retaining", { upsertExistingObjects: true });
    const storage = new HostPathStorage("storage", {
      path: "/mnt/data",
      nodes: ["node-1", "node-2"],
      databases: [
        {
          name: "orders",
          namespace: "databases",
          replicas: 1,
          storage: "1Gi",
          userId: 999,
          dataPolicy: args.dataPolicy,
        },
      ],
      retainingProvider,
    });
    new MySql("orders", {
      namespace: "databases",
      storageClassName: storage.storageClassName,
      retainingProvider,
      ...args,
    });
  });
}

/**
 * Without the servers' certificate, which the authority that is kept signs anew, and what applications log in by, which the
 * agents write anew from the passwords that are kept.
 */
const MADE_ANEW = ["orders-tls", "orders-login"];

function ofKinds(recording: Recording, kinds: string[]): Recorded[] {
  return kinds.flatMap((kind) => recording.all(kind)).filter(({ name }) => !MADE_ANEW.includes(name));
}

describe("law 1: nothing but dataPolicy delete deletes data", () => {
  it("keeps every object that holds data when it leaves the program", async () => {
    const kept = ofKinds(await bareMetal(), [...DATA_KINDS, "Namespace"]);
    assert.equal(kept.length, 9);
    for (const { type, opts } of kept) assert.equal(opts.retainOnDelete, true, type);
  });

  it("finds them again: they have the provider that takes existing objects over, and nothing else has", async () => {
    const { resources } = await bareMetal();
    const retaining = resources
      .filter(({ provider }) => provider === "retaining")
      .map(({ type }) => type.split(":").at(-1));
    assert.deepEqual(retaining.sort(), [
      // Not data: but there may be those that an earlier version's agent made.
      "EndpointSlice",
      "EndpointSlice",
      "EndpointSlice",
      "EndpointSlice",
      "Namespace",
      "PersistentVolume",
      "PersistentVolumeClaim",
      "Secret",
      "Secret",
      "Secret",
    ]);
  });

  it("owns their fields under one name, so that a later life of the stack can change them", async () => {
    const recording = await bareMetal();
    for (const { type, inputs } of ofKinds(recording, [
      "Namespace",
      "PersistentVolume",
      "PersistentVolumeClaim",
      "Secret",
    ])) {
      assert.equal(inputs["metadata"].annotations["pulumi.com/patchFieldManager"], "stateful", type);
    }
  });

  it("owns nothing of a claim that it does not apply: a later life could not let go of it", async () => {
    const claim = (await bareMetal()).one("PersistentVolumeClaim");
    assert.equal(claim.opts.ignoreChanges, undefined);
  });

  it("deletes with dataPolicy delete", async () => {
    const recording = await bareMetal({ dataPolicy: DataPolicy.Delete });
    for (const { type, opts } of ofKinds(recording, DATA_KINDS))
      assert.notEqual(opts.retainOnDelete, true, type);
  });

  it("tells the agent, whose marker of the cluster must go or stay with the data", async () => {
    const policy = async (dataPolicy?: DataPolicy): Promise<string | undefined> => {
      const { spec } = (await bareMetal({ dataPolicy })).one("StatefulSet").inputs["spec"].template;
      const env = spec.initContainers[0].env as { name: string; value: string }[];
      return env.find(({ name }) => name === "STATEFUL_DATA_POLICY")?.value;
    };
    assert.equal(await policy(), "retain");
    assert.equal(await policy(DataPolicy.Delete), "delete");
  });

  it("keeps the volumes of a StatefulSet that is deleted or scaled in", async () => {
    const { spec } = (await bareMetal()).one("StatefulSet").inputs;
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, {
      whenDeleted: "Retain",
      whenScaled: "Retain",
    });
  });

  it("keeps the disk of a volume whose claim is gone", async () => {
    const recording = await bareMetal();
    assert.equal(recording.one("StorageClass").inputs["reclaimPolicy"], "Retain");
    assert.equal(recording.one("PersistentVolume").inputs["spec"].persistentVolumeReclaimPolicy, "Retain");
  });
});

describe("law 2: what would delete all pods is refused", () => {
  it("protects the StatefulSet and the Services by default", async () => {
    const recording = await bareMetal();
    const kinds = ["StatefulSet", "Service", "NetworkPolicy", "MySql"];
    // What makes directories on nodes is no part of a database.
    const ofDatabase = ofKinds(recording, kinds).filter(({ name }) => !name.startsWith("node-storage"));
    assert.equal(ofDatabase.length, 6);
    for (const { type, opts } of ofDatabase) assert.equal(opts.protect, true, type);
  });

  it("does not protect what Pulumi replaces by design, nor volumes that stay anyway", async () => {
    const recording = await bareMetal();
    for (const { type, opts } of ofKinds(recording, [
      "ConfigMap",
      "RandomPassword",
      "PersistentVolumeClaim",
    ])) {
      assert.equal(opts.protect, false, type);
    }
  });

  it("protects volumes that would be deleted with their replica", async () => {
    const recording = await bareMetal({ dataPolicy: DataPolicy.Delete });
    assert.equal(recording.one("PersistentVolumeClaim").opts.protect, true);
  });

  it("protects nothing where deletionProtection is off", async () => {
    const recording = await bareMetal({ deletionProtection: false });
    assert.equal(recording.one("StatefulSet").opts.protect, false);
  });

  it("names by the component what data hangs on, and starts pods in parallel", async () => {
    const recording = await bareMetal();
    assert.equal(recording.one("StatefulSet").inputs["metadata"].name, "orders");
    assert.equal(recording.one("StatefulSet").inputs["spec"].podManagementPolicy, "Parallel");
    assert.equal(recording.one("PersistentVolumeClaim").inputs["metadata"].name, "data-orders-0");
  });
});

describe("law 6: a minority never goes on alone", () => {
  const set = (replicas: number, template: string) => ({ spec: { replicas, template } });

  it("refuses to take replicas away while the rest restart", () => {
    assert.match(
      scaleRefusal("orders", set(5, "a"), set(3, "b")) ?? "",
      /from 5 to 3 together with a change/,
    );
    assert.equal(scaleRefusal("orders", set(5, "a"), set(3, "a")), undefined);
    assert.equal(scaleRefusal("orders", set(3, "a"), set(5, "b")), undefined);
    assert.equal(scaleRefusal("orders", set(3, "a"), set(3, "b")), undefined);
    assert.equal(scaleRefusal("orders", {}, {}), undefined);
  });
});

describe("law 3: volumes grow in place and never shrink", () => {
  it("lets a size change touch the claims alone: the template is frozen", async () => {
    const [small, large] = [await bareMetal({ storage: "1Gi" }), await bareMetal({ storage: "2Gi" })];
    assert.deepEqual(small.one("StatefulSet").opts.ignoreChanges, ["spec.volumeClaimTemplates"]);
    const template = (recording: Recording) =>
      recording.one("StatefulSet").inputs["spec"].template as unknown;
    assert.deepEqual(template(large), template(small));
    // Manifests that kubectl applies know of nothing that is ignored.
    const claims = (recording: Recording) =>
      recording.one("StatefulSet").inputs["spec"].volumeClaimTemplates as unknown;
    assert.deepEqual(claims(large), claims(small));
    assert.equal(large.one("PersistentVolumeClaim").inputs["spec"].resources.requests.storage, "2Gi");
  });

  it("refuses to shrink, and to grow where the class cannot", () => {
    assert.match(sizeRefusal("data-orders-0", "2Gi", "1Gi", true) ?? "", /cannot shrink from 2Gi to 1Gi/);
    assert.match(sizeRefusal("data-orders-0", "1Gi", "2Gi", false) ?? "", /does not let volumes grow/);
    assert.equal(sizeRefusal("data-orders-0", "1Gi", "2Gi", true), undefined);
    assert.equal(sizeRefusal("data-orders-0", "1Gi", "1024Mi", false), undefined);
    assert.equal(sizeRefusal("data-orders-0", "", "1Gi", false), undefined);
  });

  it("lets a volume stay on its node when the list of nodes grows", async () => {
    assert.deepEqual((await bareMetal()).one("PersistentVolume").opts.ignoreChanges, ["spec.nodeAffinity"]);
  });
});

describe("law 7: no secret in plain text", () => {
  it("hands passwords over as files, never in an argument or a variable", async () => {
    const secret = "a-very-secret-password";
    const recording = await bareMetal({ password: secret, adminPassword: secret });
    for (const { type, inputs } of recording.resources) {
      if (type.endsWith(":SecretPatch")) continue;
      assert.ok(!JSON.stringify(inputs).includes(secret), type);
    }
    const spec = recording.one("StatefulSet").inputs["spec"].template.spec;
    for (const { env } of [...spec.containers, ...spec.initContainers]) {
      assert.ok(!JSON.stringify(env ?? []).includes("secretKeyRef"));
    }
  });
});
