import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStack } from "../../../operate/deploy";
import { removeStack } from "../../../operate/remove";
import { manifestsOf, renderStack, type RenderedStack } from "../../../operate/rendered-stack";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const STACK = stackOf("orders: { engine: mysql, storage: 2Gi }");

let directory: string;

async function rendered(content = STACK): Promise<RenderedStack> {
  return await renderIn(directory, content);
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The Secret as an earlier life of the stack left it. */
function secret(rotation = "1") {
  return {
    kind: "Secret",
    metadata: {
      name: "orders-credentials",
      namespace: "shop",
      annotations: { "stateful/password-rotation": rotation },
    },
    data: { password: base64("of-the-data"), username: base64("earlier") },
  };
}

function applied(kubectl: FakeKubectl, kind: string, name: string): any {
  const last = kubectl.changes.at(-1)!;
  return last.manifests.find((object) => object.kind === kind && object.metadata.name === name);
}

describe("deploying without Pulumi", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("keeps the passwords in a file for its owner alone, and takes them from there the next time", async () => {
    const first = await rendered();
    const file = join(directory, "secrets.mine.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const kept = readFileSync(file, "utf8");
    const second = await rendered();
    assert.equal(readFileSync(file, "utf8"), kept);
    assert.equal(manifestsOf(second.objects, "x"), manifestsOf(first.objects, "x"));
  });

  it("asks the API server about everything before it changes anything", async () => {
    const kubectl = new FakeKubectl([{ kind: "Namespace", metadata: { name: "shop" } }]);
    await applyStack(kubectl, await rendered());
    assert.deepEqual(
      kubectl.changes.map(({ command }) => command.includes("--dry-run=server")),
      [true, false],
    );
    assert.ok(kubectl.changes[0]!.objects.includes("StatefulSet orders"));
  });

  it("lets the passwords of a Secret that is there win over generated ones, but not over those of the stack", async () => {
    const kubectl = new FakeKubectl([secret()]);
    await applyStack(kubectl, await rendered());
    const values = applied(kubectl, "Secret", "orders-credentials").stringData;
    assert.equal(values.password, "of-the-data");
    assert.match(values["admin-password"], /^\w{32}$/);
    assert.equal(values.username, "app");

    const chosen = `${STACK}  stateful:passwords: { orders: { password: { secure: "v1:x" } } }\n`;
    const other = await rendered(chosen);
    await applyStack(kubectl, other);
    const given = JSON.parse(readFileSync(join(directory, "secrets.mine.json"), "utf8"));
    assert.equal(
      applied(kubectl, "Secret", "orders-credentials").stringData.password,
      given["stateful:passwords.orders.password"],
    );
  });

  it("renews a server's certificate, but not under an authority that the clients do not know", async () => {
    const stack = await rendered();
    const name = "orders-tls";
    const made: any = stack.objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === name);
    const there = (values: Record<string, string>) => ({
      kind: "Secret",
      metadata: { name, namespace: "shop" },
      data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
    });
    const old = { "ca.crt": made.stringData["ca.crt"], "tls.crt": "earlier", "tls.key": "earlier" };
    const known = new FakeKubectl([there(old)]);
    await applyStack(known, stack);
    assert.deepEqual(applied(known, "Secret", name).stringData, made.stringData);

    const others = { ...old, "ca.crt": "another authority" };
    const unknown = new FakeKubectl([there(others)]);
    await applyStack(unknown, stack);
    assert.deepEqual(applied(unknown, "Secret", name).stringData, others);
  });

  it("makes new passwords when a rotation is asked for, and keeps those afterwards", async () => {
    const kubectl = new FakeKubectl([secret()]);
    const before = await rendered();
    const rotated = STACK.replace("2Gi", "2Gi, passwordRotation: b");
    await applyStack(kubectl, await rendered(rotated));
    const { password } = applied(kubectl, "Secret", "orders-credentials").stringData;
    assert.notEqual(password, "of-the-data");
    assert.ok(!before.generated.has(password));
    const after = await rendered(rotated);
    assert.ok(after.generated.has(password));
  });

  it("leaves a set's template and a volume's node as they are, unless the node was named", async () => {
    const templates = [{ metadata: { name: "data" }, spec: { resources: { requests: { storage: "1Gi" } } } }];
    const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [] }] } };
    const kubectl = new FakeKubectl([
      {
        kind: "StatefulSet",
        metadata: { name: "orders", namespace: "shop" },
        spec: { volumeClaimTemplates: templates },
      },
      { kind: "PersistentVolume", metadata: { name: "shop-data-orders-0" }, spec: { nodeAffinity } },
    ]);
    await applyStack(kubectl, await rendered());
    assert.deepEqual(applied(kubectl, "StatefulSet", "orders").spec.volumeClaimTemplates, templates);
    assert.deepEqual(
      applied(kubectl, "PersistentVolume", "shop-data-orders-0").spec.nodeAffinity,
      nodeAffinity,
    );
    assert.equal(
      applied(kubectl, "PersistentVolumeClaim", "data-orders-0").spec.resources.requests.storage,
      "2Gi",
    );

    await applyStack(kubectl, await rendered(STACK.replace("2Gi", "2Gi, nodes: [c]")));
    const moved = applied(kubectl, "PersistentVolume", "shop-data-orders-0").spec.nodeAffinity;
    assert.match(JSON.stringify(moved), /"values":\["c"\]/);
  });

  it("refuses a cluster with another identity, and changes nothing", async () => {
    const uid = "00000000-0000-0000-0000-000000000001";
    const stack = await rendered(`${STACK}  stateful:cluster: { uid: ${uid} }\n`);
    const system = { kind: "Namespace", metadata: { name: "kube-system", uid: "another" } };
    const kubectl = new FakeKubectl([system]);
    await assert.rejects(applyStack(kubectl, stack), /not the cluster.*0001.*another/);
    assert.deepEqual(kubectl.changes, []);
    await applyStack(new FakeKubectl([{ ...system, metadata: { ...system.metadata, uid } }]), stack);
  });

  it("takes over nothing of another stack of the namespace, and goes on with what is its own", async () => {
    const stack = await rendered();
    const first = new FakeKubectl();
    await applyStack(first, stack);
    const made = first.changes.at(-1)!.manifests;
    const again = new FakeKubectl(made.filter(({ kind }) => kind !== "Secret"));
    await applyStack(again, stack);
    assert.equal(again.changes.length, 2);

    const claims = made.filter(({ kind }) => kind === "PersistentVolumeClaim");
    for (const [change, there] of [
      [applyStack, made],
      [applyStack, claims],
      [removeStack, made],
    ] as const) {
      const other = new FakeKubectl(there);
      await assert.rejects(
        change(other, { ...stack, name: "theirs" }),
        /Nothing was changed.* shop .*of the stack mine: .*claim\/data-orders-0.*label .*claim\/data-orders-0.* stateful\/stack=theirs/,
      );
      assert.deepEqual(other.changes, []);
    }
  });

  it("sends a stack that needs a cloud account to Pulumi", async () => {
    await assert.rejects(
      renderStack("cloud", { secretsFile: join(directory, "secrets.json") }),
      /only Pulumi can make.*KMS|kms/s,
    );
  });
});

describe("removing a stack", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const labels = { "app.kubernetes.io/instance": "orders" };
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

  it("keeps volumes, claims, Secrets, namespaces and the bootstrap marker", async () => {
    const kubectl = new FakeKubectl(there);
    await removeStack(kubectl, await rendered());
    const kinds = deleted(kubectl).map((name) => name.split(" ")[0]);
    for (const kept of ["Namespace", "PersistentVolume", "PersistentVolumeClaim", "Secret"]) {
      assert.ok(!kinds.includes(kept), `${kept} deleted`);
    }
    assert.ok(!deleted(kubectl).includes("ConfigMap orders-bootstrap"));
    assert.ok(deleted(kubectl).includes("ConfigMap orders-config-old"));
    assert.ok(deleted(kubectl).includes("StorageClass manual"));
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
});
