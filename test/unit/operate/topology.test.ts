import assert from "node:assert/strict";
import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import { describeConnections } from "../../../operate/cli/connect";
import type { StatefulSet } from "../../../operate/kube/objects";
import type { Observed } from "../../../operate/status/observe";
import { lackOf } from "../../../operate/status/readiness";
import { describeStatus, statusOf } from "../../../operate/status/status";
import type { RenderedProgram } from "../../../render/program";
import { describeStack } from "../../../render/table";
import { RING } from "../support/topologies";
import { observed } from "./observed";

/** Three equals that serve. */
function ring(change: (seen: Observed) => void = () => undefined): Observed {
  const seen = observed("healthy");
  seen.databases[0]!.topology = RING;
  for (const pod of seen.pods) {
    if (pod.metadata.labels?.["role"]) pod.metadata.labels["role"] = "member";
  }
  for (const { status } of Object.values(seen.reports)) status.role = "member";
  change(seen);
  return seen;
}

const described = (seen: Observed): string => describeStatus(statusOf(seen));

const nobodyServes = ({ pods, reports }: Observed): void => {
  for (const pod of pods) pod.metadata.labels = { ...pod.metadata.labels, role: "none" };
  for (const { status } of Object.values(reports)) status.role = "none";
};

describe("a database without a primary", () => {
  it("is healthy when its members serve, and each is shown as what it is", () => {
    const text = described(ring());
    assert.match(text, /orders-0 +node1 +member +serving[\s\S]*orders-2 +node3 +member +serving/);
    assert.match(text, /All is well/);
  });

  it("is not healthy when none serves", () => {
    assert.match(
      described(ring(nobodyServes)),
      /✗ orders: it has no member that serves, and takes no writes[\s\S]*Something is wrong/,
    );
  });

  it("has no quorum that its members could lose: each says for itself what it waits for", () => {
    const text = described(
      ring(({ reports }) => {
        reports["orders-0"]!.status.member = "blocked";
      }),
    );
    assert.doesNotMatch(text, /quorum/);
  });

  it("is told of an operator's choice that stands although a member serves", () => {
    const text = described(
      ring((seen) => {
        const metadata = { name: "orders-bootstrap", annotations: { "stateful/recover-from": "2" } };
        seen.markers = { orders: { apiVersion: "v1", kind: "ConfigMap", metadata } as never };
      }),
    );
    assert.match(text, /stateful\/recover-from=2\), although orders-\d is a member/);
  });

  it("is waited for until its replicas are ready, and not for a primary", () => {
    const { sets, pods } = ring();
    const set = sets.find(({ metadata }) => metadata.name === "orders") as StatefulSet;
    assert.equal(lackOf(set, pods, RING), undefined);
    assert.equal(lackOf(set, pods, MYSQL_TOPOLOGY)?.text, "there is no primary");
    set.status!.readyReplicas = 2;
    assert.equal(lackOf(set, pods, RING)?.text, "2 of 3 replicas are ready");
  });

  it("is well while its pods wait for a window, and is waited for where somebody wants them replaced now", () => {
    const { sets, pods } = ring();
    const set = sets.find(({ metadata }) => metadata.name === "orders") as StatefulSet;
    Object.assign(set.status!, { currentRevision: "a", updateRevision: "b", updatedReplicas: 1 });
    assert.match(lackOf(set, pods, RING)?.text ?? "", /^1 of 3 replicas are up to date$/);
    set.spec.updateStrategy = { type: "OnDelete" };
    assert.equal(lackOf(set, pods, RING), undefined);
    set.metadata.annotations = { "stateful/replace-now": "b" };
    assert.deepEqual(lackOf(set, pods, RING), { text: "1 of 3 replicas are up to date", rollsOut: true });
    // With that strategy the set never calls the new revision the present one.
    set.status!.updatedReplicas = 3;
    assert.equal(lackOf(set, pods, RING), undefined);
  });
});

describe("a database with one endpoint", () => {
  const database = {
    endpoints: [{ what: "writes", address: "orders.shop.svc:7000" }],
    ...{ engine: "toy", version: "1", replicas: 3, storage: "1Gi", secretName: "secret", database: "app" },
    ...{
      storageClass: "fast",
      volumesAt: "somewhere",
      podHosts: ["orders-0"],
      clientLabel: "orders-client=true",
    },
    ...{
      guarantees: { survives: [], canBeLost: [] },
      memory: "all",
      username: "app",
      passwordKey: "password",
    },
  };
  const outputs = {
    namespace: "shop",
    databases: { orders: database },
    applications: {},
    schedules: {},
  } as unknown as RenderedProgram["outputs"];

  it("is shown with that, and with no other", () => {
    const text = describeStack(outputs);
    assert.match(text, /orders +toy 1 +3 +3 × 1Gi +orders\.shop\.svc:7000 +secret/);
    assert.doesNotMatch(text, /reads|undefined/);
  });

  it("is connected to by that", () => {
    const text = describeConnections({ outputs });
    assert.match(text, /^ {2}host {7}orders\.shop\.svc:7000$/m);
  });
});
