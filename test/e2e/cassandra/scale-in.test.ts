import { strict as assert } from "node:assert";
import { bootstrapMarkerName } from "../../../components/protocol/names";
import type { ApiObject } from "../../../operate/kube/kubectl";
import { adminSql } from "../support/admin";
import { kubectl } from "../support/cluster/cluster";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { cassandra } from "../support/engines/cassandra";
import { noteTiming } from "../support/report/summary";
import { status } from "../support/status";
import { longSuite } from "../support/suites";

const EVENTS = "events";
const NAMESPACE = "e2e-scale-in-cassandra";
const MARKER = bootstrapMarkerName(EVENTS);
const ROWS = 2_000;

interface StatefulSet extends ApiObject {
  spec: { replicas: number };
}

longSuite("cassandra", "as a ring that gets smaller, and larger again", function () {
  this.timeout(600_000);
  let set: SetOfThree;

  before(async function () {
    this.timeout(900_000);
    const four = { replicas: 4, affinity: { spread: "preferred" } };
    set = await setOfThree(NAMESPACE, { [EVENTS]: four }, cassandra, "dynamic");
    await set.start(this, 720);
    await ask("CREATE TABLE IF NOT EXISTS app.rows (id int PRIMARY KEY, word text)");
    const inserts = Array.from(
      { length: ROWS },
      (_, id) => `INSERT INTO app.rows (id, word) VALUES (${id}, 'row ${id}')`,
    );
    assert.deepEqual(await ask(inserts.join("\n")), []);
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  async function ask(statements: string, host = `${EVENTS}-0`): Promise<string[]> {
    return set.client.sql(statements, { database: EVENTS, host });
  }

  const admin = (statement: string): Promise<string[]> =>
    adminSql({ namespace: NAMESPACE, database: EVENTS, engine: cassandra }, `${EVENTS}-0`, statement);

  const annotate = (scaleInTo: string): Promise<string> =>
    kubectl.run([
      ...["annotate", "configmap", MARKER, "-n", NAMESPACE, "--overwrite"],
      `stateful/scale-in-to${scaleInTo}`,
    ]);

  const members = async (): Promise<string | undefined> =>
    (await kubectl.get("statefulset", EVENTS, NAMESPACE))?.metadata.annotations?.["stateful/members"];

  const wanted = async (): Promise<string | undefined> =>
    (await kubectl.get("configmap", MARKER, NAMESPACE))?.metadata.annotations?.["stateful/scale-in-to"];

  const replicas = async (): Promise<number | undefined> =>
    (await kubectl.get<StatefulSet>("statefulset", EVENTS, NAMESPACE))?.spec.replicas;

  async function until(what: () => Promise<boolean>, seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await what())) {
      if (Date.now() > end)
        assert.fail(`not within ${seconds} s; ${(await said()) || "status says nothing"}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  const said = async (): Promise<string> => (await status(set.deployment.stackFile)).text;

  async function hasAllRows(hosts: readonly number[]): Promise<void> {
    for (const host of hosts) {
      const rows = await ask("SELECT word FROM app.rows", `${EVENTS}-${host}`);
      assert.equal(new Set(rows).size, ROWS, `member ${host}`);
    }
  }

  const wants = (count: number): void => {
    set.deployment.change({ databases: { [EVENTS]: { ...set.databases[EVENTS], replicas: count } } });
  };

  it("has fewer pods refused by the API server while its members are in the ring, whoever asks", async () => {
    await until(async () => (await members()) === "4", 30);
    const scale = kubectl.run(["scale", `statefulset/${EVENTS}`, "-n", NAMESPACE, "--replicas=3"]);
    await assert.rejects(scale, /events is a ring.*deploy the stack/s);
    // A pause takes nobody out of it.
    const pause = ["scale", `statefulset/${EVENTS}`, "-n", NAMESPACE, "--replicas=0", "--dry-run=server"];
    await kubectl.run(pause);
    wants(3);
    const deployed = set.deployment.apply();
    await assert.rejects(deployed, /events has 4 members.*events-bootstrap stateful\/scale-in-to=3/s);
    assert.equal(await replicas(), 4);
  });

  it("keeps a member that the others cannot do without, and status says why", async () => {
    const keyspace = "CREATE KEYSPACE wide WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 4}";
    assert.deepEqual(await admin(keyspace), []);
    await annotate("=3");
    await until(async () => /stays at 4 members.*wide \(4\)/s.test(await said()), 60);
    await annotate("=2");
    await until(async () => /scale-in-to=2 is no size that a ring can have/.test(await said()), 60);
    await annotate("-");
    assert.deepEqual(await admin("DROP KEYSPACE wide"), []);
    await until(async () => !/scale-in-to|stays at 4/.test(await said()), 60);
    assert.equal(await members(), "4");
  });

  it("lets the last member hand over what it holds; then the set may have fewer pods", async () => {
    const began = Date.now();
    await annotate("=3");
    await until(async () => (await members()) === "3", 300);
    noteTiming("cassandra: a member of a small ring has left it", (Date.now() - began) / 1000);
    const peers = await ask("SELECT peer FROM system.peers_v2");
    assert.equal(peers.length, 2);
    await hasAllRows([0, 1, 2]);
    await until(async () => /ring has 3 members now/.test(await said()), 30);
    wants(3);
    await set.deployment.apply();
    await set.deployment.healthy(120);
    assert.equal(await replicas(), 3);
    await until(async () => (await wanted()) === undefined, 60);
    await hasAllRows([0, 1, 2]);
  });

  it("has it back, with an empty disk and all rows, when it gets larger again", async () => {
    wants(4);
    await set.deployment.apply();
    await set.deployment.healthy(300);
    await until(async () => (await members()) === "4", 30);
    await hasAllRows([0, 1, 2, 3]);
  });
});
