import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStack } from "../../../operate/deploy/apply";
import { removeStack } from "../../../operate/deploy/remove";
import { manifestsOf, renderStack, type RenderedStack } from "../../../operate/deploy/rendered-stack";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const STACK = stackOf("orders: { engine: mysql, storage: 2Gi }");

let directory: string;

async function rendered(content = STACK, name = "mine"): Promise<RenderedStack> {
  return await renderIn(directory, content, name);
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

  it("asks the API server about everything before it changes anything but namespaces that are missing", async () => {
    const namespace = (name: string) => ({ kind: "Namespace", metadata: { name } });
    const kubectl = new FakeKubectl([namespace("shop")]);
    await applyStack(kubectl, await rendered());
    assert.deepEqual(kubectl.changes[0]!.objects, ["Namespace stateful-storage"]);
    const asked = kubectl.changes.map(({ command }) => command.includes("--dry-run=server"));
    assert.deepEqual(asked, [false, true, false]);
    assert.ok(kubectl.changes[1]!.objects.includes("StatefulSet orders"));

    const again = new FakeKubectl([namespace("shop"), namespace("stateful-storage")]);
    await applyStack(again, await rendered());
    assert.equal(again.changes.length, 2);
  });

  it("lets the passwords of a Secret that is there win over generated ones, but not over those of the stack", async () => {
    const kubectl = new FakeKubectl([secret()]);
    await applyStack(kubectl, await rendered());
    const values = applied(kubectl, "Secret", "orders-credentials").stringData;
    assert.equal(values.password, "of-the-data");
    assert.match(values["admin-password"], /^\w{32}$/);
    assert.equal(values.username, "app");

    const chosen = `${STACK}  stateful:passwords: { orders: { password: { secure: "v1:x" } } }\n`;
    const [file, key] = [join(directory, "secrets.mine.json"), "stateful:passwords.orders.password"];
    await assert.rejects(
      rendered(chosen),
      /Pulumi\.mine\.yaml holds what only Pulumi can decrypt: stateful:passwords\.orders\.password\..*secrets\.mine\.json/,
    );
    writeFileSync(file, JSON.stringify({ [key]: "chosen-by-somebody" }), { mode: 0o600 });
    await applyStack(kubectl, await rendered(chosen));
    const { password } = applied(kubectl, "Secret", "orders-credentials").stringData;
    assert.equal(password, "chosen-by-somebody");
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

  it("takes the other one of two users for a new password where a user has but one, and keeps it with that password", async () => {
    const wanted = STACK.replace("engine: mysql, storage: 2Gi", "engine: postgresql, storage: 2Gi");
    const rotated = wanted.replace("2Gi", "2Gi, passwordRotation: b");
    const held = (username: string, rotation: string) => ({
      ...secret(rotation),
      data: { password: base64("of-the-data"), username: base64(username) },
    });
    const applying = async (content: string, there: object[]) => {
      const kubectl = new FakeKubectl(there);
      await applyStack(kubectl, await rendered(content));
      const { username, password } = applied(kubectl, "Secret", "orders-credentials").stringData;
      return [username, password === "of-the-data"];
    };
    assert.deepEqual(await applying(wanted, []), ["app_a", false]);
    assert.deepEqual(await applying(wanted, [held("app_a", "1")]), ["app_a", true]);
    assert.deepEqual(await applying(rotated, [held("app_a", "1")]), ["app_b", false]);
    assert.deepEqual(await applying(rotated, [held("app_b", "b")]), ["app_b", true]);
    assert.deepEqual(await applying(wanted, [held("app_b", "b")]), ["app_a", false]);
  });

  it("takes the other one of two accounts for a new password of PgBouncer's", async () => {
    const wanted = STACK.replace(
      "engine: mysql, storage: 2Gi",
      "engine: postgresql, pooler: {}, storage: 2Gi",
    );
    const rotated = wanted.replace("2Gi", "2Gi, memberPasswordRotation: b");
    const held = (rotation: string, username?: string) => ({
      kind: "Secret",
      metadata: {
        name: "orders-credentials-members",
        namespace: "shop",
        annotations: { "stateful/password-rotation": rotation },
      },
      data: {
        "pooler-password": base64("of-the-data"),
        ...(username === undefined ? {} : { "pooler-username": base64(username) }),
      },
    });
    const applying = async (content: string, there: object[]) => {
      const kubectl = new FakeKubectl(there);
      await applyStack(kubectl, await rendered(content));
      const values = applied(kubectl, "Secret", "orders-credentials-members").stringData;
      return [values["pooler-username"], values["pooler-password"] === "of-the-data"];
    };
    assert.deepEqual(await applying(wanted, [held("1")]), [undefined, true]);
    assert.deepEqual(await applying(rotated, [held("1")]), ["stateful_pooler_a", false]);
    assert.deepEqual(await applying(rotated, [held("1", "stateful_pooler_a")]), ["stateful_pooler_b", false]);
    assert.deepEqual(await applying(rotated, [held("b", "stateful_pooler_b")]), ["stateful_pooler_b", true]);
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

  it("asks for no volume that is smaller than it has grown to, also of a new replica, and takes its size back for a larger one", async () => {
    const growing = STACK.replace("2Gi", "2Gi, replicas: 3, storageGrowth: { upTo: 9Gi }").replace(
      /stateful:storage: .*/,
      "stateful:storage: {}",
    );
    const claim = (storage: string) => ({
      kind: "PersistentVolumeClaim",
      metadata: { name: "data-orders-0", namespace: "shop" },
      spec: { resources: { requests: { storage } } },
    });
    const written = {
      kind: "ConfigMap",
      metadata: { name: "orders-growth", namespace: "shop" },
      data: { "storage-size": "4Gi" },
    };
    const sizes = async (kubectl: FakeKubectl, content: string): Promise<string[]> => {
      await applyStack(kubectl, await rendered(content));
      const [claims] = kubectl.changes.filter(({ objects }) =>
        objects[0]?.startsWith("PersistentVolumeClaim"),
      );
      assert.match(claims?.command ?? "", /--force-conflicts/);
      return claims!.manifests.map(({ spec }) => spec.resources.requests.storage);
    };
    assert.deepEqual(await sizes(new FakeKubectl(), growing), ["2Gi", "2Gi", "2Gi"]);
    assert.deepEqual(await sizes(new FakeKubectl([claim("5Gi"), written]), growing), ["5Gi", "4Gi", "4Gi"]);
    const raised = growing.replace("2Gi", "6Gi");
    assert.deepEqual(await sizes(new FakeKubectl([claim("5Gi"), written]), raised), ["6Gi", "6Gi", "6Gi"]);
  });

  it("restores nothing over a database that is there, and changes nothing; the line may stay where it was so from the beginning", async () => {
    const from = (what: string) =>
      stackOf(
        `orders: { engine: mysql, storage: 2Gi, restoreFrom: ${what}, backup: { destination: { volume: { claim: b } } } }`,
      );
    const stack = await rendered(from("{ database: shop }"));
    const wanted = stack.objects.find(({ kind }) => kind === "StatefulSet")!;
    const there = (annotations: object) => ({
      kind: "StatefulSet",
      metadata: { name: "orders", namespace: "shop", annotations, labels: wanted.metadata.labels },
    });
    const bare = new FakeKubectl([there({})]);
    await assert.rejects(applyStack(bare, stack), /orders: restoreFrom is for a new database/);
    assert.deepEqual(bare.changes, []);
    const same = new FakeKubectl([there(wanted.metadata.annotations!)]);
    await applyStack(same, stack);
    assert.ok(same.changes.length > 0);
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
    assert.ok(again.changes.length > 0);

    const claims = made.filter(({ kind }) => kind === "PersistentVolumeClaim");
    for (const [change, there] of [
      [applyStack, made],
      [applyStack, claims],
      [removeStack, made],
    ] as const) {
      const other = new FakeKubectl(there);
      await assert.rejects(
        change(other, { ...stack, name: "theirs" }),
        /Nothing was changed.*of the stack mine: .*claim\/data-orders-0 of the namespace shop.*\n {2}kubectl -n shop label .*claim\/data-orders-0.* stateful\/stack=theirs/,
      );
      assert.deepEqual(other.changes, []);
    }
  });

  it("takes over no application and no storage of another stack, and no database that no stack has made", async () => {
    const shop = "  stateful:applications: { page: { image: nginx, port: 80 } }\n";
    const stack = await rendered(STACK + shop);
    const first = new FakeKubectl();
    await applyStack(first, stack);
    const of = (kind: string, labels: object) =>
      first.changes
        .at(-1)!
        .manifests.filter((object) => object.kind === kind)
        .map((object) => ({ ...object, metadata: { ...object.metadata, labels } }));
    const named = (name: string) => ({
      "app.kubernetes.io/part-of": "stateful",
      "app.kubernetes.io/instance": name,
    });
    for (const [there, words] of [
      [of("Deployment", { ...named("page"), "stateful/stack": "theirs" }), /deployment\/page/],
      [
        of("DaemonSet", { "stateful/stack": "theirs" }),
        /nodeStorageNamespace.*\n {2}kubectl -n stateful-storage label/,
      ],
      [
        of("StorageClass", { "stateful/stack": "theirs" }),
        /className.*\n {2}kubectl label --overwrite storageclass/,
      ],
      [of("StatefulSet", named("orders")), /of no stack but another program: statefulset\/orders/],
    ] as const) {
      const kubectl = new FakeKubectl(there);
      await assert.rejects(applyStack(kubectl, stack), words);
      await assert.rejects(removeStack(kubectl, stack), words);
      assert.deepEqual(kubectl.changes, []);
    }
    await applyStack(new FakeKubectl(of("StorageClass", {})), stack);
  });

  it("gives what has no name of its own another one than another stack does", async () => {
    const [one, other] = [await rendered(), await rendered(STACK, "other")];
    const agent = ({ objects }: RenderedStack) =>
      objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name.startsWith("mysql-agent"))
        ?.metadata;
    assert.notEqual(agent(one)?.name, agent(other)?.name);
    assert.equal(agent(other)?.labels?.["stateful/stack"], "other");
  });

  it("sends a stack that needs a cloud account to Pulumi", async () => {
    await assert.rejects(
      renderStack("cloud", { secretsFile: join(directory, "secrets.json") }),
      /only Pulumi can make.*KMS|kms/s,
    );
  });
});
