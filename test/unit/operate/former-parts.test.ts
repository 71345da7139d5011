import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStack, previewStack } from "../../../operate/deploy/apply";
import { removeStack } from "../../../operate/deploy/remove";
import type { RenderedStack } from "../../../operate/deploy/rendered-stack";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const STACK = stackOf("orders: { engine: mysql, storage: 2Gi }");
const SCHEDULED =
  '  stateful:applications: { report: { image: shop, schedule: "@daily", volume: { mountPath: /f, storage: 1Gi } } }\n';
const RUNNING = "  stateful:applications: { report: { image: shop } }\n";

let directory: string;

async function rendered(applications: string): Promise<RenderedStack> {
  return await renderIn(directory, STACK + applications);
}

function part(kind: string, name = "report", stack = "mine") {
  const labels = {
    ...{ "app.kubernetes.io/part-of": "stateful", "stateful/stack": stack },
    ...{ "app.kubernetes.io/instance": name, "app.kubernetes.io/component": "application" },
  };
  return { kind, metadata: { name, namespace: "shop", labels } };
}

const deployed = [part("Deployment"), part("Service"), part("PodDisruptionBudget")];
const deleted = (kubectl: FakeKubectl) =>
  kubectl.changes.filter(({ command }) => command.startsWith("delete")).flatMap(({ objects }) => objects);

describe("an application that becomes another thing", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("leaves nothing of its Deployment, once the CronJob is there", async () => {
    const kubectl = new FakeKubectl([...deployed, part("Deployment", "others")]);
    await applyStack(kubectl, await rendered(SCHEDULED));
    assert.deepEqual(deleted(kubectl), ["Deployment report", "Service report", "PodDisruptionBudget report"]);
    assert.match(kubectl.changes.at(-1)!.command, /^delete/);
    assert.ok(kubectl.changes.at(-2)!.objects.includes("CronJob report"));
  });

  it("leaves nothing of its CronJob, the other way round, and nothing is deleted of what is as it was", async () => {
    const kubectl = new FakeKubectl([part("CronJob"), ...deployed.slice(0, 1), part("PodDisruptionBudget")]);
    await applyStack(kubectl, await rendered(RUNNING));
    assert.deepEqual(deleted(kubectl), ["CronJob report"]);
    const same = new FakeKubectl([part("CronJob")]);
    await applyStack(same, await rendered(SCHEDULED));
    assert.deepEqual(deleted(same), []);
  });

  it("says before what it would delete", async () => {
    const shown = await previewStack(new FakeKubectl(deployed), await rendered(SCHEDULED));
    assert.match(shown, / {2}- Deployment shop\/report/);
    assert.doesNotMatch(await previewStack(new FakeKubectl([]), await rendered(SCHEDULED)), / {2}- /);
  });

  it("goes with the stack as it was, where it was not deployed anew before", async () => {
    const kubectl = new FakeKubectl(deployed);
    await removeStack(kubectl, await rendered(SCHEDULED));
    assert.ok(deleted(kubectl).includes("Deployment report"));
    assert.ok(deleted(kubectl).includes("CronJob report"));
  });

  it("is left alone where another stack has one of the name", async () => {
    const kubectl = new FakeKubectl([part("CronJob", "report", "theirs")]);
    await assert.rejects(
      applyStack(kubectl, await rendered(SCHEDULED)),
      /cronjob\/report of the namespace shop/,
    );
    assert.deepEqual(kubectl.changes, []);
  });

  it("has a claim that is deleted with the data, though nobody is told where it serves", async () => {
    const claim = {
      ...part("PersistentVolumeClaim"),
      metadata: { ...part("").metadata, name: "report-files" },
    };
    const kubectl = new FakeKubectl([claim]);
    await removeStack(kubectl, await rendered(SCHEDULED), { deleteData: true });
    assert.ok(deleted(kubectl).includes("PersistentVolumeClaim report-files"));
  });
});
