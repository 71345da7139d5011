import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStack } from "../../../operate/deploy/apply";
import { FakeKubectl } from "./fake-kubectl";
import { renderIn, stackOf } from "./project";

const STACK = `${stackOf("orders: { engine: mysql, storage: 2Gi }")}
  stateful:monitoring: { scrapers: [{ namespace: monitoring }], podMonitor: true, prometheusRule: true }
`;

const definition = (kind: string) => ({
  kind: "CustomResourceDefinition",
  metadata: { name: kind },
  spec: { group: "monitoring.coreos.com", names: { kind } },
});

describe("deploying kinds that the cluster may not have", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-operate-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("is refused before anything is changed, with who brings them and which keys ask for them", async () => {
    const stack = await renderIn(directory, STACK, "mine");
    const kubectl = new FakeKubectl();
    await assert.rejects(applyStack(kubectl, stack), (error: Error) => {
      assert.match(
        error.message,
        /^Nothing was changed: the cluster has no PodMonitor and PrometheusRule of monitoring/,
      );
      assert.match(
        error.message,
        /install the Prometheus operator, .* or remove podMonitor and prometheusRule/,
      );
      return true;
    });
    assert.deepEqual(kubectl.changes, []);
    const half = new FakeKubectl([definition("PodMonitor")]);
    await assert.rejects(applyStack(half, stack), /has no PrometheusRule of/);
  });

  it("goes on where it has them", async () => {
    const kubectl = new FakeKubectl([definition("PodMonitor"), definition("PrometheusRule")]);
    await applyStack(kubectl, await renderIn(directory, STACK, "mine"));
    assert.ok(kubectl.changes.at(-1)!.objects.includes("PodMonitor databases-monitoring"));
  });
});
