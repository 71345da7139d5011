import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStack } from "../../../operate/deploy/apply";
import { lateDeletions } from "../../../operate/deploy/late-deletions";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const metadata = { name: "orders-config", namespace: "shop" };
const endpoints = { apiVersion: "v1", kind: "Endpoints", metadata };
const service = { apiVersion: "v1", kind: "Service", metadata };

/** Seconds that it waits at most two for, before objects that change at the given look. */
async function waits(
  there: Record<string, unknown>[],
  after?: { looks: number; remove: object },
): Promise<number> {
  const kubectl = new FakeKubectl(there as Record<string, any>[]);
  let looks = 0;
  const run = kubectl.run.bind(kubectl);
  kubectl.run = async (args, input) => {
    if (args[1] === "endpoints" && ++looks === after?.looks)
      there.splice(there.indexOf(after.remove as never), 1);
    return run(args, input);
  };
  const start = performance.now();
  await lateDeletions(kubectl, [endpoints, service], 2);
  assert.equal(kubectl.changes.length, 0);
  return (performance.now() - start) / 1000;
}

describe("Endpoints whose Service was deleted a moment ago", () => {
  it("are waited for until Kubernetes has deleted them, too: it would delete what is applied before", async () => {
    const seconds = await waits([endpoints], { looks: 2, remove: endpoints });
    assert.ok(seconds > 0.4 && seconds < 1.5, `${seconds} s`);
  });

  it("are nobody's to delete where they stay", async () => {
    const seconds = await waits([endpoints]);
    assert.ok(seconds >= 1.9, `${seconds} s`);
  });

  it("hold up nobody who has the Service, or neither", async () => {
    assert.ok((await waits([endpoints, service])) < 0.4);
    assert.ok((await waits([])) < 0.4);
  });

  it("hold up what is applied, and not what is only asked", async () => {
    const directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
    try {
      const labels = { "stateful/stack": "mine" };
      const left = { ...endpoints, metadata: { ...metadata, labels } };
      const there = [left];
      const kubectl = new FakeKubectl(there);
      const run = kubectl.run.bind(kubectl);
      let looks = 0;
      const applied: { dry: boolean; leftOver: boolean }[] = [];
      kubectl.run = async (args, input) => {
        if (args[1] === "endpoints" && args[2] === metadata.name && ++looks === 2) there.pop();
        if (args[0] === "apply" && input?.includes("kind: StatefulSet"))
          applied.push({ dry: args.includes("--dry-run=server"), leftOver: there.length > 0 });
        return run(args, input);
      };
      const stack = stackOf("orders: { engine: postgresql, storage: 2Gi }");
      await applyStack(kubectl, await renderIn(directory, stack, "mine"));
      assert.deepEqual(applied, [
        { dry: true, leftOver: true },
        { dry: false, leftOver: false },
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
