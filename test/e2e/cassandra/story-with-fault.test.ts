import { strict as assert } from "node:assert";
import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { deletePods } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { cassandra } from "../support/engines/cassandra";
import { deployedTarget, strikes } from "../support/faults/strikes";
import { noteTiming } from "../support/report/summary";
import { status } from "../support/status";
import { engineSuite, skip } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const EVENTS = "events";
const NAMESPACE = "e2e-story-cassandra";
const PODS = [0, 1, 2].map((ordinal) => `${EVENTS}-${ordinal}`);

interface Service extends ApiObject {
  spec: { clusterIP: string };
}

engineSuite("cassandra", "as clients see it", function () {
  this.timeout(300_000);
  let set: SetOfThree;

  before(async function () {
    this.timeout(600_000);
    // Elsewhere a pod may not know its zone.
    const racks = (await clusterFacts()).isTestBed ? { racks: "zones" } : {};
    set = await setOfThree(NAMESPACE, { [EVENTS]: { storage: "2Gi", ...racks } }, cassandra);
    const began = Date.now();
    await set.start(this);
    noteTiming("cassandra: 3 pods ready and a client beside them", (Date.now() - began) / 1000);
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  async function ask(statements: string, host?: string): Promise<string[]> {
    return set.client.sql(statements, { database: EVENTS, ...(host === undefined ? {} : { host }) });
  }

  const addressOf = async (service: string): Promise<string> =>
    (await kubectl.get<Service>("service", service, NAMESPACE))?.spec.clusterIP ?? "";

  it("each member takes writes, and every other one has them", async () => {
    await ask("CREATE TABLE IF NOT EXISTS app.words (id int PRIMARY KEY, word text)");
    for (const [id, pod] of PODS.entries()) {
      assert.deepEqual(await ask(`INSERT INTO app.words (id, word) VALUES (${id}, 'of ${pod}')`, pod), []);
    }
    for (const host of [EVENTS, ...PODS, ...PODS.map((pod) => `${pod}.${EVENTS}-headless`)]) {
      const rows = await ask("SELECT word FROM app.words", host);
      assert.deepEqual(
        rows.sort(),
        PODS.map((pod) => `of ${pod}`),
        host,
      );
    }
  });

  it("each member counts to the rack that its node's zone is", async function () {
    const { isTestBed } = await clusterFacts();
    if (!isTestBed) skip(this, "it takes Kubernetes 1.35, where pods are told their zone");
    for (const pod of PODS) {
      const node = (await kubectl.get<Pod>("pod", pod, NAMESPACE))?.spec.nodeName ?? "";
      const zone = (await kubectl.get("node", node))?.metadata.labels?.["topology.kubernetes.io/zone"];
      assert.ok(zone);
      assert.deepEqual(await ask("SELECT rack FROM system.local", pod), [zone]);
    }
  });

  it("members know one another by their Services' addresses, of which drivers are told, and rows have three copies", async () => {
    const addresses = await Promise.all(PODS.map(addressOf));
    const [own = ""] = await ask("SELECT rpc_address FROM system.local", PODS[0]);
    const others = await ask("SELECT native_address FROM system.peers_v2", PODS[0]);
    assert.deepEqual([own, ...others].sort(), [...addresses].sort());
    for (const keyspace of ["app", "system_auth"]) {
      const [replication = ""] = await ask(
        `SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace}'`,
      );
      assert.match(replication, /NetworkTopologyStrategy/);
      assert.match(replication, /'dc1'[^0-9]*'3'/);
    }
  });

  it("its status says how each member stands in its ring", async () => {
    const { text } = await status(set.deployment.stackFile);
    for (const pod of PODS) assert.match(text, new RegExp(`${pod} .* UN +\\S+ +100 % +\\d+ `));
  });

  it("the application may do everything with its keyspace, and nothing with the ring; a new ring's own account lets nobody in", async () => {
    for (const refused of [
      "CREATE ROLE other WITH LOGIN = true",
      "CREATE KEYSPACE other WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3}",
      "ALTER ROLE admin WITH LOGIN = false",
      "SELECT * FROM system_auth.roles",
      "DROP KEYSPACE system_auth",
    ]) {
      assert.match((await ask(refused)).join(" "), /^Unauthorized /, refused);
    }
    const line = cassandra.shell.user(EVENTS);
    await assert.rejects(set.client.sh(line, "cassandra\ncassandra\nSELECT key FROM system.local\n"));
  });

  // Before any of them is restarted: a server is slow until its machine has compiled what it runs, and on the test bed they share processors.
  strikes(cassandra, ["server-killed"], async () => deployedTarget(set.deployment, cassandra, EVENTS));

  it("a deleted pod comes back as the same member, at the same address, with all data, and what was written meanwhile", async () => {
    const [pod = ""] = PODS.slice(-1);
    const identity = async (): Promise<string> => (await ask("SELECT host_id FROM system.local", pod)).join();
    const before = [await identity(), await addressOf(pod)];
    const [times] = await replaced(NAMESPACE, [pod], async () => {
      await deletePods(NAMESPACE, pod);
      assert.deepEqual(await ask("INSERT INTO app.words (id, word) VALUES (9, 'meanwhile')", PODS[0]), []);
    });
    noteTiming("cassandra: a pod back after it was deleted", times!.backSeconds);
    assert.deepEqual([await identity(), await addressOf(pod)], before);
    assert.equal((await ask("SELECT word FROM app.words", pod)).length, PODS.length + 1);
  });
});
