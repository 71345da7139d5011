import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import { adminSql } from "../support/admin";
import { deletePods, podNamed } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { mongodb } from "../support/engines/mongodb";
import { deployedTarget, strikes } from "../support/faults/strikes";
import { noteTiming } from "../support/report/summary";
import { engineSuite } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const ORDERS = "orders";
const NAMESPACE = "e2e-story-mongodb";
const PODS = [0, 1, 2].map((ordinal) => `${ORDERS}-${ordinal}`);

/** The set's configuration, as far as it is asked for. */
interface SetConfig {
  version: number;
  settings: { replicaSetId: unknown };
  members: { _id: number; host: string; votes: number; priority: number }[];
}

engineSuite("mongodb", "as clients see it", function () {
  this.timeout(200_000);
  let set: SetOfThree;

  before(async function () {
    this.timeout(400_000);
    set = await setOfThree(NAMESPACE, { [ORDERS]: {} }, mongodb);
    const began = Date.now();
    await set.start(this);
    noteTiming("mongodb: 3 pods ready and a client beside them", (Date.now() - began) / 1000);
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  const hostOf = (pod: string): string => `${pod}.${ORDERS}-headless`;

  async function ask(statement: string, host?: string): Promise<string[]> {
    return set.client.sql(statement, { database: ORDERS, ...(host === undefined ? {} : { host }) });
  }

  /** What the primary says of itself. */
  async function primary(): Promise<{ pod: string; term: string }> {
    const [line = ""] = await ask("h = db.hello(); print(h.me + ' ' + h.electionId)");
    const [me = "", term = ""] = line.split(" ");
    return { pod: me.split(".")[0] ?? "", term };
  }

  /** The set, as its administrator is told it. */
  async function config(): Promise<SetConfig> {
    const { pod } = await primary();
    const [output = ""] = await adminSql(
      { namespace: NAMESPACE, database: ORDERS, engine: mongodb },
      pod,
      "print(EJSON.stringify(db.adminCommand({ replSetGetConfig: 1 }).config))",
    );
    return JSON.parse(output) as SetConfig;
  }

  async function resized(replicas: number): Promise<void> {
    set.deployment.change({ databases: { [ORDERS]: { ...set.databases[ORDERS], replicas } } });
    await set.deployment.apply();
    await set.deployment.healthy();
  }

  it("the set was begun with one member, and has all pods by their names, each with the same vote", async () => {
    const { members } = await config();
    assert.deepEqual(
      // Whichever is ready first is added first.
      members.map(({ host, votes, priority }) => [host, votes, priority]).sort(),
      PODS.map((pod) => [`${hostOf(pod)}.${NAMESPACE}.svc:27017`, 1, 1]),
    );
  });

  it("a driver finds all members by the SRV records of the headless Service, and writes to the primary", async () => {
    const place = `${ORDERS}-headless.${NAMESPACE}.svc.cluster.local/app?replicaSet=${ORDERS}&authSource=admin&tls=false`;
    const there = `db = connect('mongodb+srv://' + process.env.LOGIN + ':' + process.env.PASSWORD + '@${place}')`;
    const done = await ask(`${there}; db.places.insertOne({ _id: 1 }); print(db.hello().isWritablePrimary)`);
    assert.deepEqual(done, ["true"]);
  });

  it("a write is on every member, and only the primary takes one", async () => {
    assert.deepEqual(await ask("db.words.insertOne({ _id: 'first' }); print(db.words.countDocuments())"), [
      "1",
    ]);
    const { pod: leader } = await primary();
    for (const pod of PODS.filter((one) => one !== leader)) {
      const write = ask("db.words.insertOne({ _id: 'second' })", hostOf(pod));
      await assert.rejects(write, /not primary/i);
      const read = "db.words.find().toArray().forEach((one) => print(one._id))";
      await until(async () => (await ask(read, hostOf(pod)))[0] === "first", {
        what: `${pod} to have it`,
        timeoutSeconds: 10,
      });
    }
  });

  it("one name leads to the primary, another one to its replicas", async () => {
    const { pod: leader } = await primary();
    assert.equal((await podNamed(NAMESPACE, leader)).metadata.labels?.["role"], "primary");
    const [answer] = await ask("print(db.hello().isWritablePrimary)", `${ORDERS}-replicas`);
    assert.equal(answer, "false");
  });

  it("the application may do everything with its data, and nothing with the set", async () => {
    for (const refused of [
      "{ replSetStepDown: 60 }",
      "{ replSetReconfig: {} }",
      "{ shutdown: 1 }",
      "{ usersInfo: 1 }",
      "{ setParameter: 1, logLevel: 1 }",
    ])
      await assert.rejects(ask(`db.adminCommand(${refused})`), /not authorized/, refused);
  });

  it("a deleted primary hands over once, with all data, and comes back to the same set and its own volume", async () => {
    const before = await primary();
    const { settings } = await config();
    const [times] = await replaced(NAMESPACE, [before.pod], async () => deletePods(NAMESPACE, before.pod));
    noteTiming("mongodb: a pod back after it was deleted", times!.backSeconds);
    const after = await primary();
    assert.notEqual(after.pod, before.pod);
    assert.deepEqual((await config()).settings.replicaSetId, settings.replicaSetId);
    const words =
      "db.words.insertOne({ _id: 'third' }); db.words.find().toArray().forEach((one) => print(one._id))";
    assert.deepEqual((await ask(words)).sort(), ["first", "third"]);
    await until(async () => (await ask("print(db.words.countDocuments())", hostOf(before.pod)))[0] === "2", {
      what: "the former primary follows",
      timeoutSeconds: 40,
    });
  });

  it("members leave the set before their pods do, and come back to what they have", async () => {
    await resized(1);
    await until(async () => (await config()).members.length === 1, {
      what: "one member",
      timeoutSeconds: 60,
    });
    assert.deepEqual(await ask("db.words.insertOne({ _id: 'alone' }); print(db.words.countDocuments())"), [
      "3",
    ]);
    await resized(3);
    assert.equal((await config()).members.length, 3);
    assert.deepEqual(await ask("print(db.words.countDocuments())"), ["3"]);
  });

  strikes(mongodb, ["server-killed"], async () => deployedTarget(set.deployment, mongodb, ORDERS));
});
