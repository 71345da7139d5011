import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { applyStack } from "../../../operate/deploy/apply";
import { removeStack } from "../../../operate/deploy/remove";
import { manifestsOf, renderStack, type RenderedStack } from "../../../operate/deploy/rendered-stack";
import { PROJECT } from "../../../operate/deploy/stack-config";
import type { KubernetesObject } from "../../../render/program";
import type { PulumiOptions } from "../../../render/pulumi-options";
import { FakeKubectl } from "./fake-kubectl";

/** Everything that a stack can have which Pulumi is told something about. */
const MANIFOLD = `
config:
  stateful:target: bare-metal
  stateful:namespace: shop
  stateful:createNamespace: true
  stateful:storage: { className: manual, path: /mnt/data, nodes: [a, b, c] }
  stateful:databases:
    orders: { engine: mysql, storage: 2Gi, replicas: 3 }
    carts: { engine: postgresql, storage: 2Gi, replicas: 3, nodes: [c, a, b], pooler: {} }
    drafts: { engine: mysql, storage: 2Gi, deletionProtection: false, dataPolicy: POLICY }
  stateful:applications:
    page: { image: nginx, port: 80, replicas: 1, database: orders, volume: { mountPath: /files, storage: 1Gi } }
`;

interface Both {
  stack: RenderedStack;
  /** What went to Pulumi's engine with each object, by the object's identity. */
  sent: Map<string, PulumiOptions>;
}

const identity = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

/** Renders a stack, and reads off the wire what Pulumi's own SDK sends about each object. */
async function bothOf(nameOrPath: string): Promise<Both> {
  const sent = new Map<string, PulumiOptions>();
  const prototype = MockMonitor.prototype as any;
  const { registerResource } = prototype;
  prototype.registerResource = function (request: any, callback: (error: unknown, response: any) => void) {
    return registerResource.call(this, request, (error: unknown, response: any) => {
      const type: string = request.getType();
      if (type.startsWith("kubernetes:") && !type.endsWith("Patch") && response !== undefined) {
        const { kind } = request.getObject().toJavaScript();
        const { metadata } = response.getObject().toJavaScript();
        sent.set(identity({ kind, metadata } as KubernetesObject), {
          retainOnDelete: request.getRetainondelete(),
          ignoreChanges: request.getIgnorechangesList(),
          protect: request.getProtect(),
        });
      }
      callback(error, response);
    });
  };
  try {
    return { stack: await renderStack(nameOrPath, { namesOnly: true, mayNeedCloud: true }), sent };
  } finally {
    prototype.registerResource = registerResource;
  }
}

/** An object as another hand left it: each field that is ignored says something else. */
function changed(object: KubernetesObject, { ignoreChanges }: PulumiOptions): KubernetesObject {
  const copy = structuredClone(object) as any;
  for (const path of ignoreChanges) {
    const keys = path.split(".");
    const parent = keys.slice(0, -1).reduce((value, key) => value[key], copy);
    parent[keys.at(-1)!] = { changed: path };
  }
  return copy;
}

const labels = { "stateful/stack": "manifold" };

describe("by Pulumi and by kubectl", function () {
  this.timeout(120_000);
  let directory: string;
  const manifold = (policy: string): string => {
    const path = join(directory, "Pulumi.manifold.yaml");
    writeFileSync(path, MANIFOLD.replace("POLICY", policy));
    return path;
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-ways-"));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  for (const example of ["dev", "bare-metal", "cloud", "manifold"]) {
    it(`the renderer records of each object what Pulumi is told about it: ${example}`, async () => {
      const { stack, sent } = await bothOf(
        example === "manifold" ? manifold("delete") : join(PROJECT, `Pulumi.${example}.yaml`),
      );
      const recorded = stack.objects.map((object) => [identity(object), stack.options.get(object)] as const);
      assert.ok(recorded.length > 10);
      assert.deepEqual(new Map(recorded), sent);
    });
  }

  for (const [policy, deleteData] of [
    ["retain", false],
    ["delete", true],
  ] as const) {
    it(`the same objects go with a stack, and the same stay: dataPolicy ${policy}`, async () => {
      const { stack, sent } = await bothOf(manifold(policy));
      const there = { kind: "StorageClass", metadata: { name: "manual", labels }, managers: ["stateful"] };
      const kubectl = new FakeKubectl([there]);
      await removeStack(kubectl, stack, { deleteData });
      const deleted = kubectl.changes
        .flatMap(({ manifests }) => manifests as KubernetesObject[])
        .map(identity);
      const going = [...sent].filter(([, { retainOnDelete }]) => !retainOnDelete).map(([name]) => name);
      assert.ok(sent.size - going.length > 5);
      assert.deepEqual(deleted.sort(), going.sort());
    });
  }

  it("the same fields of each object stay as they are, and no others", async () => {
    const { stack, sent } = await bothOf(manifold("retain"));
    const owned = (object: KubernetesObject) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, "stateful/stack": "manifold" } },
    });
    const kubectl = new FakeKubectl(
      stack.objects
        .filter(({ kind }) => kind !== "Secret")
        .map((object) => owned(changed(object, sent.get(identity(object))!))),
    );
    await applyStack(kubectl, stack);
    const applied = new Map<string, KubernetesObject>(
      kubectl.changes.at(-1)!.manifests.map((object: KubernetesObject) => [identity(object), object]),
    );
    const paths = new Set<string>();
    for (const object of stack.objects) {
      const options = sent.get(identity(object))!;
      for (const path of options.ignoreChanges) paths.add(path);
      const expected = loadAll(manifestsOf([changed(object, options)], "")).at(-1);
      assert.deepEqual(applied.get(identity(object)), expected, identity(object));
    }
    assert.deepEqual([...paths].sort(), ["spec.nodeAffinity", "spec.volumeClaimTemplates"]);
    // Where nodes are named, a move is meant, and Kubernetes refuses it in its own words.
    const named = applied.get("PersistentVolume /shop-data-carts-0");
    assert.doesNotMatch(JSON.stringify(named), /changed/);
  });
});
