import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import { clusterFacts, kubectl, noNodePower } from "../support/cluster/cluster";
import { deletePods, podNamed } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { redis } from "../support/engines/redis";
import { faults } from "../support/faults/faults";
import { type Scene, sceneOf } from "../support/faults/scene";
import { noteTiming } from "../support/report/summary";
import { longSuite, skip } from "../support/suites";
import { ClientPods } from "./clients/client-pods";

const CART = "cart";
const NAMESPACE = "e2e-clients-redis";

/** How long a client may be without a write, s: what the database itself may take, and what its own settings wait. */
const AT_MOST = { "pod-deleted": 12, "server-killed": 15, "node-stopped": 30 } as const;

longSuite("redis", "for real clients", function () {
  this.timeout(400_000);
  let set: SetOfThree;
  let clients: ClientPods;
  /** Where the clients are: a fault strikes elsewhere. */
  let node: string;

  before(async function () {
    this.timeout(700_000);
    set = await setOfThree(NAMESPACE, { [CART]: { storage: "2Gi" } }, redis);
    await set.start(this);
    node = (await podNamed(NAMESPACE, `${CART}-2`)).spec.nodeName ?? "";
    clients = new ClientPods(NAMESPACE, CART, node, await clusterFacts());
    await clients.start();
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  /** The database, whose primary is not beside the clients. */
  async function scene(): Promise<Scene> {
    await set.deployment.healthy();
    const now = await sceneOf(kubectl, redis, NAMESPACE, CART);
    if (now.target.node !== node) return now;
    await deletePods(NAMESPACE, now.target.pod);
    return until(
      async () => {
        const next = await sceneOf(kubectl, redis, NAMESPACE, CART).catch(() => undefined);
        return next !== undefined && next.target.node !== node ? next : undefined;
      },
      { what: "another primary", timeoutSeconds: 60 },
    );
  }

  /** Why names would not be found when the primary's node has no power: that says nothing of the database, or of a client. */
  async function noNames(): Promise<string | undefined> {
    const { target } = await scene();
    const servers = await kubectl.list<Pod>("pods", "kube-system", "k8s-app=kube-dns");
    return servers.some(({ spec }) => spec.nodeName === target.node)
      ? `one of the cluster's DNS servers is on ${target.node}, with the primary`
      : undefined;
  }

  /** Lets a fault strike, and says how long each client was without a write. */
  async function strike(name: keyof typeof AT_MOST): Promise<void> {
    const before = await scene();
    await set.deployment.healthy();
    await clients.calm(60);
    const fault = faults[name];
    const struckAt = Date.now();
    try {
      await fault.strike(before);
      await sleep(AT_MOST[name] * 1_000);
      await clients.calm(90);
    } finally {
      await fault.undo?.(before);
    }
    const gaps = await clients.gaps(struckAt);
    assert.ok(gaps.size >= 2 * clients.names.length, [...gaps.keys()].join("; "));
    for (const [who, { seconds, said }] of gaps) {
      noteTiming(`redis, ${name}: ${who}, without a write`, seconds, AT_MOST[name]);
      if (process.env["E2E_RECORD"] !== "true") console.log(`    ${who}: ${seconds} s; ${said.join(" | ")}`);
    }
    const late = [...gaps].filter(([, { seconds }]) => seconds > AT_MOST[name]);
    assert.deepEqual(late, []);
    const lease = await kubectl.get<ApiObject & { spec?: { holderIdentity?: string } }>(
      "lease",
      `${CART}-primary`,
      NAMESPACE,
    );
    assert.notEqual(lease?.spec?.holderIdentity, before.target.pod);
    const pods = await Promise.all(clients.names.map(async (pod) => kubectl.get<Pod>("pod", pod, NAMESPACE)));
    for (const pod of pods) assert.equal(pod?.status.phase, "Running", pod?.metadata.name);
  }

  it("each writes again after the primary's pod was deleted, by name and by Sentinel's protocol, with TLS and without", async () => {
    await strike("pod-deleted");
  });

  it("each writes again after the primary's server was killed", async () => {
    await strike("server-killed");
  });

  it("each writes again after the power of the primary's node was cut", async function () {
    const why = noNodePower() ?? (await noNames());
    if (why !== undefined) skip(this, why);
    await strike("node-stopped");
  });
});
