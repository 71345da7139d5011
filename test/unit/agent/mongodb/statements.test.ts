import assert from "node:assert/strict";
import { ObjectId } from "bson";
import { Lab } from "../../../fakes/mongodb/lab";
import type { Doc } from "../../../fakes/mongodb/store";
import { RunningOperations } from "../../../../agent/mongodb/statements";

const OPERATION = {
  opid: 4711,
  ns: "shop.people",
  client: "10.0.0.7:51234",
  appName: "web",
  microsecs_running: 1_500_000,
  planSummary: "COLLSCAN",
  effectiveUsers: [{ user: "app", db: "admin" }],
  command: {
    find: "people",
    filter: { name: "secret", age: { $gt: 30 }, _id: new ObjectId(), in: ["a", "b", { x: "secret" }] },
    lsid: { id: "…" },
    $db: "shop",
  },
};

async function look(...found: object[]): ReturnType<RunningOperations["look"]> {
  const operations = new RunningOperations({
    run: async (command) => {
      assert.equal(command["aggregate"], 1);
      assert.match(JSON.stringify(command), /"microsecs_running":\{"\$gte":1000000\}/);
      return Promise.resolve({ ok: 1, cursor: { firstBatch: found } });
    },
  });
  return operations.look(1000);
}

describe("MongoDB's slow operations", () => {
  it("are what runs, with the names in a command and none of its values", async () => {
    assert.deepEqual(await look(OPERATION), [
      {
        key: "4711",
        seconds: 1.5,
        ended: false,
        fields: {
          statement: '{"find":"?","filter":{"name":"?","age":{"$gt":"?"},"_id":"?","in":["?",{"x":"?"}]}}',
          namespace: "shop.people",
          user: "app",
          client: "10.0.0.7:51234",
          application: "web",
          plan: "COLLSCAN",
        },
      },
    ]);
  });

  it("have no password that somebody sets", async () => {
    const [found] = await look({ ...OPERATION, command: { createUser: "x", pwd: "hush", roles: [] } });
    assert.equal(found?.fields["statement"], '{"createUser":"?","pwd":"?","roles":[]}');
  });

  it("are not those that wait because they were told to, nor the members' own", async () => {
    const hello = { ...OPERATION, ns: "admin.$cmd", command: { hello: 1, maxAwaitTimeMS: 10_000 } };
    const oplog = { ...OPERATION, ns: "local.oplog.rs", command: { getMore: 1n, collection: "oplog.rs" } };
    assert.deepEqual(await look(hello, oplog), []);
  });

  it("are none where the server answers none", async () => {
    assert.deepEqual(await look(), []);
  });

  it("are asked for of replicas as well, which answer who reads from them alone", async () => {
    const lab = new Lab();
    try {
      await lab.start(3);
      await lab.form();
      for (const ordinal of [0, 1, 2]) {
        const server = { run: async (command: Doc) => lab.run(ordinal, command) };
        assert.deepEqual(await new RunningOperations(server).look(1000), []);
      }
    } finally {
      await lab.close();
    }
  });
});
