import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStack } from "../../../operate/deploy/remove";
import type { RenderedStack } from "../../../operate/deploy/rendered-stack";
import { LocalPulumiDeployer } from "../../../operate/local/local-pulumi";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const STACK = stackOf("orders: { engine: mysql, storage: 2Gi }");

let directory: string;

async function rendered(content = STACK): Promise<RenderedStack> {
  return await renderIn(directory, content);
}

describe("removing a stack", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const ours = { "app.kubernetes.io/part-of": "stateful", "stateful/stack": "mine" };
  const labels = { ...ours, "app.kubernetes.io/instance": "orders" };
  const there = [
    { kind: "StorageClass", metadata: { name: "manual" }, managers: ["stateful"] },
    { kind: "ConfigMap", metadata: { name: "orders-bootstrap", namespace: "shop", labels } },
    { kind: "ConfigMap", metadata: { name: "orders-config-old", namespace: "shop", labels } },
    { kind: "PersistentVolumeClaim", metadata: { name: "data-orders-0", namespace: "shop", labels } },
    { kind: "Secret", metadata: { name: "orders-credentials", namespace: "shop", labels } },
    {
      kind: "PersistentVolume",
      metadata: { name: "shop-data-orders-0" },
      spec: {
        claimRef: { namespace: "shop", name: "data-orders-0" },
        local: { path: "/mnt/data/shop/data-orders-0" },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", values: ["b"] }] }],
          },
        },
      },
    },
    { kind: "PersistentVolumeClaim", metadata: { name: "data-orders-1", namespace: "shop", labels } },
    { kind: "PersistentVolumeClaim", metadata: { name: "data-orders-2", namespace: "shop", labels } },
    ...["Retain", "Delete"].map((persistentVolumeReclaimPolicy, index) => ({
      kind: "PersistentVolume",
      metadata: { name: `pvc-${index}` },
      spec: {
        claimRef: { namespace: "shop", name: `data-orders-${index + 1}` },
        persistentVolumeReclaimPolicy,
        csi: { driver: "ebs.csi.aws.com", volumeHandle: `vol-${index + 1}` },
      },
    })),
    {
      kind: "PersistentVolume",
      metadata: { name: "of-somebody-else" },
      spec: { claimRef: { namespace: "other", name: "data-orders-0" } },
    },
  ];
  const deleted = (kubectl: FakeKubectl) => kubectl.changes.flatMap(({ objects }) => objects);

  it("keeps volumes, claims, passwords, namespaces and the bootstrap marker", async () => {
    const kubectl = new FakeKubectl(there);
    await removeStack(kubectl, await rendered());
    const kinds = deleted(kubectl).map((name) => name.split(" ")[0]);
    for (const kept of ["Namespace", "PersistentVolume", "PersistentVolumeClaim"]) {
      assert.ok(!kinds.includes(kept), `${kept} deleted`);
    }
    // What applications log in by is written anew in the next life, from the passwords that stay, and the servers' certificate
    // signed anew, by the authority that stays.
    const secrets = deleted(kubectl).filter((name) => name.startsWith("Secret "));
    assert.deepEqual(secrets, ["Secret orders-login", "Secret orders-tls"]);
    assert.ok(!deleted(kubectl).includes("ConfigMap orders-bootstrap"));
    assert.ok(deleted(kubectl).includes("ConfigMap orders-config-old"));
    assert.ok(deleted(kubectl).includes("StorageClass manual"));
  });

  it("leaves the agent's ConfigMap of another stack", async () => {
    const theirs = { ...ours, "app.kubernetes.io/instance": "mysql-agent", "stateful/stack": "theirs" };
    const agent = (name: string, owner: object) => ({
      kind: "ConfigMap",
      metadata: { name, namespace: "shop", labels: owner },
    });
    const kubectl = new FakeKubectl([
      ...there,
      agent("mysql-agent-theirs", theirs),
      agent("mysql-agent-older", { ...theirs, "stateful/stack": "mine" }),
    ]);
    await removeStack(kubectl, await rendered());
    assert.ok(deleted(kubectl).includes("ConfigMap mysql-agent-older"));
    assert.ok(!deleted(kubectl).includes("ConfigMap mysql-agent-theirs"));
  });

  it("deletes the volumes also when their claims are gone already, and an application's claim", async () => {
    const files = { ...labels, "app.kubernetes.io/instance": "page" };
    const claim = {
      kind: "PersistentVolumeClaim",
      metadata: { name: "page-files", namespace: "shop", labels: files },
    };
    const kubectl = new FakeKubectl([...there.filter(({ kind }) => kind !== "PersistentVolumeClaim"), claim]);
    const page =
      "  stateful:applications: { page: { image: nginx, port: 80, replicas: 1, volume: { mountPath: /files, storage: 1Gi } } }\n";
    const left = await removeStack(kubectl, await rendered(STACK + page), { deleteData: true });
    assert.deepEqual(left, ["the directory /mnt/data/shop/data-orders-0 on b"]);
    assert.ok(deleted(kubectl).includes("PersistentVolume shop-data-orders-0"));
    assert.ok(deleted(kubectl).includes("PersistentVolumeClaim page-files"));
  });

  it("keeps the key of the backups with the data deleted too", async () => {
    const key = {
      kind: "Secret",
      metadata: {
        name: "orders-backup-key",
        namespace: "shop",
        labels: { ...labels, "app.kubernetes.io/component": "backup" },
      },
    };
    const kubectl = new FakeKubectl([...there, key]);
    await removeStack(kubectl, await rendered(), { deleteData: true });
    assert.ok(deleted(kubectl).includes("Secret orders-credentials"));
    assert.ok(!deleted(kubectl).includes("Secret orders-backup-key"));
  });

  it("ends what runs first, while its rights and Secrets are still there", async () => {
    const kubectl = new FakeKubectl(there);
    await removeStack(kubectl, await rendered());
    const [first, second] = kubectl.changes;
    assert.deepEqual(first!.objects, ["StatefulSet orders"]);
    assert.match(first!.command, /--cascade=foreground/);
    assert.ok(second!.objects.includes("Role orders"));
  });

  it("leaves a class that somebody else applied as well", async () => {
    const shared = [{ ...there[0]!, managers: ["stateful", "kubectl"] }, ...there.slice(1)];
    const kubectl = new FakeKubectl(shared);
    await removeStack(kubectl, await rendered());
    assert.ok(!deleted(kubectl).includes("StorageClass manual"));
  });

  it("deletes the data only when told to, and never what is another's", async () => {
    const kubectl = new FakeKubectl(there);
    const left = await removeStack(kubectl, await rendered(), { deleteData: true });
    assert.deepEqual(left, [
      "the directory /mnt/data/shop/data-orders-0 on b",
      "the disk vol-1 of ebs.csi.aws.com",
    ]);
    for (const gone of [
      "PersistentVolumeClaim data-orders-0",
      "PersistentVolume shop-data-orders-0",
      "Secret orders-credentials",
      "configmap orders-bootstrap",
    ]) {
      assert.ok(deleted(kubectl).includes(gone), gone);
    }
    assert.ok(!deleted(kubectl).includes("PersistentVolume of-somebody-else"));
    assert.ok(!deleted(kubectl).some((name) => name.startsWith("Namespace")));
  });

  it("deletes no data that its file gives away, unless somebody asks for that as well", async () => {
    const stack = await rendered(stackOf("orders: { engine: mysql, storage: 2Gi, dataPolicy: delete }"));
    const kubectl = new FakeKubectl(there);
    await assert.rejects(removeStack(kubectl, stack), /the data of orders would go \(dataPolicy: delete\)/);
    assert.deepEqual(kubectl.changes, []);
    const left = await removeStack(kubectl, stack, { deleteData: true });
    assert.deepEqual(left, [
      "the directory /mnt/data/shop/data-orders-0 on b",
      "the disk vol-1 of ebs.csi.aws.com",
    ]);
  });

  it("deletes no data by Pulumi without being asked to, whatever the stack file says", async () => {
    const pulumi = new LocalPulumiDeployer(new FakeKubectl());
    const { config } = await rendered(
      stackOf("orders: { engine: mysql, dataPolicy: delete }", "kept: { engine: mysql }"),
    );
    assert.throws(() => {
      pulumi.requireRemovable(config, { deleteData: false });
    }, /Nothing was removed.*data of orders would go \(dataPolicy: delete\).*--delete-data/);
    pulumi.requireRemovable(config, { deleteData: true });
    pulumi.requireRemovable((await rendered()).config, { deleteData: false });
  });
});
