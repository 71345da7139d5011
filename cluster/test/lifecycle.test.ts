import { strict as assert } from "node:assert";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { kubectl } from "../kubectl";
import { stateDir } from "../layout";
import { findMachine } from "../machine/processes";
import { clusterSize } from "../size";
import { inventory } from "./inventory";
import { cluster, startCluster } from "./support";

describe("bringing the cluster up and taking it down", () => {
  let inventoryBefore: string[];

  before(async () => {
    if (clusterSize() !== undefined) {
      throw new Error(
        "these tests take the cluster down: do that yourself first, if nobody needs it any more",
      );
    }
    inventoryBefore = await inventory();
  });

  after(async () => {
    await cluster("down");
  });

  it("has nothing to say and nothing to take down when there is no cluster", async () => {
    assert.match(await cluster("status"), /There is no cluster/);
    await cluster("down");
  });

  it("recovers from an `up` that was killed half-way", async () => {
    const killed = startCluster("up");
    // The control plane is there and the nodes are not: as half-way as it gets.
    for await (const chunk of killed.stderr ?? []) {
      if (String(chunk).includes("control plane")) break;
    }
    killed.kill("SIGKILL");
    await once(killed, "exit");
    await cluster("up");
    assert.match(
      await kubectl(["get", "nodes", "--no-headers"]),
      /node1 +Ready[^]*node2 +Ready[^]*node3 +Ready/,
    );
  });

  it("changes nothing when it is up already", async () => {
    const machines = ["control", "node1", "node2", "node3"];
    const look = async (): Promise<unknown> => ({
      processes: machines.map(findMachine),
      pods: await kubectl(["get", "pods", "--all-namespaces", "--output=jsonpath={.items[*].metadata.uid}"]),
      identity: await kubectl(["get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}"]),
    });
    const first = await look();
    const begun = Date.now();
    await cluster("up");
    assert.deepEqual(await look(), first);
    assert.ok(Date.now() - begun < 10_000, "an `up` with nothing to do takes seconds");
  });

  it("refuses another number of nodes, and a node that does not exist", async () => {
    await assert.rejects(cluster("up", "--nodes", "2"), /brought up with 3 nodes, not 2/);
    await assert.rejects(cluster("node", "stop", "4"), /from 1 to 3, not `4`/);
  });

  it("comes up again in less than a minute, as a new cluster, once its programs and images are made", async () => {
    const identity = ["get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}"];
    const old = await kubectl(identity);
    await cluster("down");
    const begun = Date.now();
    await cluster("up");
    assert.ok(Date.now() - begun < 60_000, `it took ${Date.now() - begun} ms`);
    assert.notEqual(await kubectl(identity), old);
  });

  it("leaves nothing behind", async () => {
    await cluster("down");
    assert.deepEqual(await inventory(), inventoryBefore);
    assert.ok(!existsSync(`${stateDir}/machines`) && !existsSync(`${stateDir}/kubeconfig`));
  });
});
