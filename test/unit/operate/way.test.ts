import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { readWay } from "../../../operate/cli/chosen-way";
import { previewStack } from "../../../operate/deploy/apply";
import { changesOf, describeChanges } from "../../../operate/deploy/changes";
import { manifestsOf, type RenderedStack } from "../../../operate/deploy/rendered-stack";
import { chooseWay, lastWay, type WayChoice } from "../../../operate/deploy/way";
import type { StackConfig } from "../../../stacks/types";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const config = { namespace: "shop", databases: [{ name: "orders" }] } as StackConfig;

function set(
  name: string,
  ...fields: [manager: string, operation: string, time: string, subresource?: string][]
) {
  return {
    kind: "StatefulSet",
    metadata: {
      name,
      namespace: "shop",
      labels: { "app.kubernetes.io/part-of": "stateful" },
      managedFields: fields.map(([manager, operation, time, subresource]) => ({
        manager,
        operation,
        time,
        ...(subresource === undefined ? {} : { subresource }),
      })),
    },
  };
}

describe("the way that a stack was deployed by last", () => {
  const of = async (...objects: object[]) => lastWay(new FakeKubectl(objects), config);

  it("is told by who applied its databases' fields last", async () => {
    const kubectl = set(
      "orders",
      ["pulumi-kubernetes-1a2b", "Apply", "2026-01-01T00:00:00Z"],
      ["stateful", "Apply", "2026-02-01T00:00:00Z"],
    );
    assert.deepEqual(await of(kubectl), { way: "kubectl" });
    const pulumi = set(
      "orders",
      ["stateful", "Apply", "2026-01-01T00:00:00Z"],
      ["pulumi-kubernetes-1a2b", "Apply", "2026-02-01T00:00:00Z"],
    );
    assert.deepEqual(await of(pulumi), { way: "pulumi" });
    assert.deepEqual(await of(set("orders", ["kubectl", "Apply", "2026-01-01T00:00:00Z"])), {
      way: "kubectl",
    });
  });

  it("is not told by other hands, controllers, and databases of others", async () => {
    assert.equal(await of(), undefined);
    const scaled = set(
      "orders",
      ["kubectl-scale", "Update", "2026-01-01T00:00:00Z"],
      ["kube-controller-manager", "Update", "2026-03-01T00:00:00Z", "status"],
    );
    assert.equal(await of(scaled, set("carts", ["stateful", "Apply", "2026-01-01T00:00:00Z"])), undefined);
  });

  it("is a repository where Argo CD or Flux applies it, by either of Kubernetes' ways to apply", async () => {
    assert.deepEqual(await of(set("orders", ["argocd-controller", "Update", "2026-01-01T00:00:00Z"])), {
      repository: "argocd-controller",
    });
    assert.deepEqual(await of(set("orders", ["kustomize-controller", "Apply", "2026-01-01T00:00:00Z"])), {
      repository: "kustomize-controller",
    });
  });
});

describe("the way that a stack is deployed by", () => {
  const choose = (choice: Partial<WayChoice>) =>
    chooseWay({
      stack: "prod",
      last: undefined,
      by: undefined,
      missing: [],
      removal: (way) => `down --by ${way}`,
      ...choice,
    });
  const lacking = ["the program pulumi"];

  it("is the one that is asked for, else Pulumi where all of it is there", () => {
    assert.equal(choose({}), "pulumi");
    assert.equal(choose({ missing: lacking }), "kubectl");
    assert.equal(choose({ by: "kubectl" }), "kubectl");
    assert.equal(choose({ by: "pulumi" }), "pulumi");
  });

  it("stays the last one, whatever this machine has", () => {
    assert.equal(choose({ last: { way: "kubectl" } }), "kubectl");
    assert.equal(choose({ last: { way: "pulumi" } }), "pulumi");
    const words =
      /of Pulumi, by which the stack prod was deployed last, this machine lacks the program pulumi/;
    assert.throws(() => choose({ last: { way: "pulumi" }, missing: lacking }), words);
    assert.throws(
      () => choose({ by: "pulumi", missing: lacking }),
      /Nothing was changed: of Pulumi, this machine lacks/,
    );
  });

  it("is no other than the last one, also when that is asked for: what to do is said", () => {
    const words =
      /deployed by pulumi last.*Leave --by kubectl away; or change over: `down --by pulumi` stops it and keeps its data/;
    assert.throws(() => choose({ last: { way: "pulumi" }, by: "kubectl" }), words);
    assert.throws(() => choose({ last: { way: "kubectl" }, by: "pulumi" }), /deployed by kubectl last/);
    assert.throws(
      () => choose({ last: { repository: "argocd-controller" } }),
      /from a repository, by argocd-controller.*Change it there/,
    );
  });

  it("is pulumi or kubectl, and a misspelled one is told", () => {
    assert.equal(readWay("kubectl"), "kubectl");
    assert.equal(readWay(undefined), undefined);
    assert.throws(() => readWay("kubect"), /--by kubect: did you mean "kubectl"\?/);
    assert.throws(() => readWay("helm"), /--by helm: it must be pulumi or kubectl\./);
  });
});

describe("what a deployment by kubectl would change", function () {
  this.timeout(60_000);
  let project: string;
  let stack: RenderedStack;

  before(async () => {
    project = mkdtempSync(join(tmpdir(), "stateful-changes-"));
    stack = await renderIn(
      project,
      stackOf("orders: { engine: mysql, storage: 2Gi, deletionProtection: false }"),
    );
  });
  after(() => {
    rmSync(project, { recursive: true });
  });

  /** As the API server keeps them: Secrets' values encoded, and with what it writes itself. */
  const kept = (change: (object: any) => void = () => undefined) =>
    loadAll(manifestsOf(stack.objects, "")).map((copy: any) => {
      copy.metadata = { ...copy.metadata, uid: "1", resourceVersion: "7", managedFields: [{}] };
      copy.status = { replicas: 1 };
      change(copy);
      return copy;
    });

  it("is everything where nothing is there, each object in a line, and nothing is applied", async () => {
    const kubectl = new FakeKubectl([]);
    const said = await previewStack(kubectl, stack);
    assert.match(said, /^ {2}\+ StatefulSet shop\/orders$/m);
    assert.match(said, /^ {2}\+ Namespace shop$/m);
    assert.equal(said.match(/^ {2}\+ /gm)?.length, stack.objects.length);
    assert.deepEqual(kubectl.changes, []);
  });

  it("is nothing where all is as it should be", async () => {
    const kubectl = new FakeKubectl(kept());
    assert.match(await previewStack(kubectl, stack), /^Nothing would change: all \d+ objects are/);
    assert.deepEqual(kubectl.changes, []);
  });

  it("is told by field, with both values", async () => {
    const kubectl = new FakeKubectl(
      kept((object) => {
        if (object.kind === "StatefulSet") object.spec.replicas = 3;
        if (object.kind === "Service") delete object.spec.ports;
      }),
    );
    const said = await previewStack(kubectl, stack);
    assert.match(said, /^ {2}~ StatefulSet shop\/orders\n {6}spec\.replicas: 3 → 1$/m);
    assert.match(said, /^ {2}~ Service shop\/orders\n {6}spec\.ports: \(none\) → \[\{.*"port":3306/m);
    assert.doesNotMatch(said, /^ {2}\+ |resourceVersion|status/m);
  });

  it("never has a password", async () => {
    const before = "old-and-secret";
    const kubectl = new FakeKubectl(
      kept((object) => {
        if (object.kind === "Secret" && object.stringData) object.stringData.password = before;
      }),
    );
    const said = await previewStack(kubectl, stack);
    assert.match(said, /^ {6}stringData\.password: \(hidden\)$/m);
    assert.ok(!said.includes(before));
    for (const { stringData = {} } of stack.objects.filter(({ kind }) => kind === "Secret") as any[]) {
      for (const value of Object.values<string>(stringData)) assert.ok(!said.includes(value));
    }
  });

  it("is nothing that others write into the objects meanwhile, nor what the API server fills in", async () => {
    const sent = { apiVersion: "v1", kind: "Endpoints", metadata: { name: "a", annotations: { mine: "2" } } };
    const there = {
      ...sent,
      metadata: { ...sent.metadata, annotations: { mine: "1", gone: "1", renewTime: "1" } },
    };
    const kept = {
      ...sent,
      metadata: { ...sent.metadata, annotations: { mine: "2", renewTime: "2", optime: "3" } },
      subsets: [],
    };
    const changes = await changesOf(
      new FakeKubectl([there]),
      [sent],
      (objects) => dump(objects[0]),
      () => Promise.resolve(JSON.stringify(kept)),
    );
    assert.deepEqual(changes, [
      {
        object: "Endpoints a",
        fields: ["metadata.annotations.mine: 1 → 2", "metadata.annotations.gone: 1 → (none)"],
      },
    ]);
  });

  it("says that there is nothing, and how much of what", () => {
    assert.match(describeChanges([], 12), /all 12 objects/);
  });
});
