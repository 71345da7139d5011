import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import { type ClusterFacts, clusterFacts, kubectl } from "../support/cluster/cluster";
import type { Deployment } from "../support/deploy/deployment";
import { engines } from "../support/engines/registry";
import { faults } from "../support/faults/faults";
import { sceneOf } from "../support/faults/scene";
import { setOfThree } from "../support/deploy/set-of-three";
import { longSuite } from "../support/suites";

const DATABASE = "orders";
const STRANGER = "stranger";

interface EndpointSlice extends ApiObject {
  endpoints?: { addresses: string[] }[] | null;
}

// Where the network plugin enforces the database's NetworkPolicy, the stranger reaches nobody; elsewhere, as on the test
// bed, it reaches everybody, and is to get nothing by it.
for (const engine of Object.values(engines)) {
  longSuite(engine.name, "beside a stranger", function () {
    this.timeout(600_000);
    const namespace = `e2e-trust-${engine.name}`;
    let deployment: Deployment;
    let facts: ClusterFacts;

    before(async function () {
      facts = await clusterFacts();
      const set = await setOfThree(namespace, { [DATABASE]: {} }, engine);
      ({ deployment } = set);
      await set.start(this);
    });

    after(async () => {
      await deployment.delete();
    });

    const addressOf = async (pod: string): Promise<string> =>
      (await kubectl.get<Pod & { status: { podIP?: string } }>("pod", pod, namespace))?.status.podIP ?? "";

    /** Where clients are led that write, or that read. */
    async function routed(service: string): Promise<string[]> {
      const slices = await kubectl.list<EndpointSlice>(
        "endpointslices",
        namespace,
        `kubernetes.io/service-name=${service}`,
      );
      return slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
    }

    /** Lets the stranger loose on a replica's name while something goes on. @returns its address, and what it printed */
    async function beside(mode: string, work: (address: string) => Promise<void>): Promise<string> {
      const scene = await sceneOf(kubectl, engine, namespace, DATABASE);
      const victim = scene.pods.findLastIndex((pod) => pod !== scene.target.pod);
      const agents = await Promise.all(scene.pods.map(addressOf));
      const program = readFileSync(join(__dirname, "stranger.js"), "utf8");
      const env = {
        SET: `${namespace}/${DATABASE}`,
        VICTIM: String(victim),
        AGENTS: agents.join(),
        MODE: mode,
        MEMBERS_PORT: String(engine.membersPort ?? ""),
      };
      await kubectl.run(
        ["apply", "--server-side", "--filename=-"],
        JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: STRANGER, namespace },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [
              {
                name: "node",
                image: facts.images.node,
                command: ["node", "-e", program],
                env: [
                  ...Object.entries(env).map(([name, value]) => ({ name, value })),
                  { name: "ME", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
                ],
              },
            ],
          },
        }),
      );
      try {
        await kubectl.run([
          "wait",
          `pod/${STRANGER}`,
          "-n",
          namespace,
          "--for=condition=Ready",
          "--timeout=60s",
        ]);
        await work(await addressOf(STRANGER));
        return await kubectl.run(["logs", STRANGER, "-n", namespace]);
      } finally {
        await kubectl.run(["delete", "pod", STRANGER, "-n", namespace, "--wait=true"]);
      }
    }

    it("who copies a replica's report and asks in its name, no reader is led to it, and no pod fails its probes", async () => {
      const restarts = async (): Promise<number[]> =>
        (await kubectl.list<Pod>("pods", namespace, `app.kubernetes.io/instance=${DATABASE}`)).flatMap(
          ({ status }) =>
            [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
              ({ restartCount }) => restartCount,
            ),
        );
      const before = await restarts();
      const said = await beside("copies", async (address) => {
        let whole = 0;
        for (let look = 0; look < 40; look++) {
          const readers = await routed(`${DATABASE}-replicas`);
          assert.ok(!readers.includes(address), `look ${look}: ${readers.join()}`);
          if (readers.length === 2) whole++;
          await sleep(500);
        }
        assert.ok(whole > 30, `only in ${whole} of 40 looks readers were led to both replicas`);
      });
      assert.doesNotMatch(said, /GOT/);
      if (engine.membersPort !== undefined) assert.match(said, /refused: https/);
      assert.deepEqual(await restarts(), before);
    });

    it("who talks nonsense, the primary's name follows a failover", async () => {
      await beside("babbles", async () => {
        const scene = await sceneOf(kubectl, engine, namespace, DATABASE);
        const lost = await addressOf(scene.target.pod);
        const began = Date.now();
        await faults["server-killed"].strike(scene);
        await until(
          async () => {
            const [address] = await routed(DATABASE);
            return address !== undefined && address !== lost;
          },
          { what: "another primary behind the name", timeoutSeconds: 60 },
        );
        const seconds = (Date.now() - began) / 1000;
        assert.ok(seconds < 20, `it took ${seconds} s`);
      });
      await deployment.healthy();
    });
  });
}
