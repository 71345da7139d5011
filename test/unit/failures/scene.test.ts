import assert from "node:assert/strict";
import { sceneOf } from "../../e2e/support/faults/scene";
import { mysql } from "../../e2e/support/engines/mysql";
import type { Kubectl } from "../../../operate/kube/kubectl";
import { FakeKubectl } from "../operate/fake-kubectl";
import { RING } from "../support/topologies";

/** Three pods with a role each, and the last without a node. */
function kubectlOf(...roles: string[]): Kubectl {
  const pods = roles.map((role, ordinal) => ({
    metadata: { name: `db-${ordinal}`, labels: { role } },
    spec: ordinal === 2 ? {} : { nodeName: `node${ordinal}` },
  }));
  return { list: async () => pods } as unknown as Kubectl;
}

describe("where a fault strikes", () => {
  it("is the member with the role that one member has at a time, and nowhere while nobody has it", async () => {
    const scene = await sceneOf(kubectlOf("replica", "primary", "replica"), mysql, "ns", "db");
    assert.deepEqual(scene.target, { pod: "db-1", node: "node1" });
    await assert.rejects(
      sceneOf(kubectlOf("replica", "none", "none"), mysql, "ns", "db"),
      /db has no primary/,
    );
  });

  it("has no part in what is beside the members, such as the pod that makes full copies", async () => {
    const pod = (name: string, component: string, role?: string) => ({
      kind: "Pod",
      metadata: {
        name,
        namespace: "ns",
        labels: {
          "app.kubernetes.io/instance": "db",
          "app.kubernetes.io/component": component,
          ...(role && { role }),
        },
      },
      spec: { nodeName: "node1" },
    });
    const kubectl = new FakeKubectl([
      pod("db-0", "database", "primary"),
      pod("db-backup-upkeep-768774b8c6-rr6wl", "backup"),
    ]);
    assert.deepEqual((await sceneOf(kubectl, mysql, "ns", "db")).pods, ["db-0"]);
  });

  it("is the first where members are equals", async () => {
    const scene = await sceneOf(
      kubectlOf("member", "member", "member"),
      { ...mysql, topology: RING },
      "ns",
      "db",
    );
    assert.deepEqual(scene.target, { pod: "db-0", node: "node0" });
    assert.deepEqual(scene.pods, ["db-0", "db-1", "db-2"]);
  });
});
