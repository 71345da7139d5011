import * as assert from "node:assert/strict";
import { MongoNetworkError, MongoServerError } from "mongodb";
import { Lab } from "../../../fakes/mongodb/lab";

const PASSWORD = "of the application";
const login = { auth: { username: "app", password: PASSWORD }, authSource: "admin" } as const;

describe("the stand-in for MongoDB's server, by the driver that applications use", function () {
  this.timeout(60_000);
  let lab: Lab;

  beforeEach(() => {
    lab = new Lab();
  });

  afterEach(async () => {
    await lab.close();
  });

  const withUser = async (): Promise<void> => {
    await lab.start(3);
    await lab.form();
    const roles = [{ role: "readWrite", db: "app" }];
    await lab.run(lab.primary(), { createUser: "app", pwd: PASSWORD, roles, $db: "admin" });
  };

  it("is discovered, logged in to, written to and read from", async () => {
    await withUser();
    const client = await lab.client(login);
    const rows = client.db("app").collection<{ _id: number; text: string }>("rows");
    await rows.insertMany([...Array(20).keys()].map((_id) => ({ _id, text: "one" })));
    await rows.updateOne({ _id: 3 }, { $set: { text: "another" } });
    await rows.deleteOne({ _id: 4 });
    assert.equal(await rows.countDocuments(), 19);
    assert.equal((await rows.findOne({ _id: 3 }))?.text, "another");
    const near = await lab.client({ ...login, readPreference: "secondary" });
    await lab.until(async () => (await near.db("app").collection("rows").countDocuments()) === 19);
    await assert.rejects(async () => client.db("other").collection("rows").insertOne({}), /not authorized/);
    await assert.rejects(async () => client.db("admin").command({ replSetStepDown: 10 }), /not authorized/);
    await assert.rejects(async () => rows.insertOne({ _id: 3, text: "" }), /E11000/);
  });

  it("lets nobody in with another password, nor without one", async () => {
    await withUser();
    const wrong = { auth: { username: "app", password: "guessed" }, authSource: "admin" };
    await assert.rejects(async () => lab.client(wrong), /Authentication failed/);
    const nobody = await lab.client();
    await assert.rejects(
      async () => nobody.db("app").collection("rows").findOne(),
      /requires authentication/,
    );
  });

  it("is failed over with by the driver, which tries its write again and finds it done once", async () => {
    await withUser();
    const client = await lab.client(login);
    const rows = client.db("app").collection<{ _id: number }>("rows");
    await rows.insertOne({ _id: 0 });
    let acknowledged = 1;
    const writing = (async () => {
      for (let _id = 1; _id < 60; _id++) {
        await rows.insertOne({ _id });
        acknowledged++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const before = lab.primary();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await lab.run(before, { replSetStepDown: 30 });
    await lab.until(() => lab.primary() >= 0 && lab.primary() !== before);
    await writing;
    assert.equal(acknowledged, 60);
    assert.equal(await rows.countDocuments(), 60);
  });

  it("goes on without a primary that was killed, with all that was acknowledged", async () => {
    await withUser();
    const client = await lab.client(login);
    const rows = client.db("app").collection<{ _id: number }>("rows");
    for (let _id = 0; _id < 20; _id++) await rows.insertOne({ _id });
    const before = lab.primary();
    lab.kill(before);
    const next = [0, 1, 2].find((ordinal) => ordinal !== before)!;
    await lab.run(next, { replSetStepUp: 1 });
    // The driver tries once again, and may find the killed one a second time before it has noticed.
    await lab.until(async () => {
      try {
        await rows.insertOne({ _id: 20 });
        return true;
      } catch (error) {
        if (error instanceof MongoNetworkError) return false;
        if (error instanceof MongoServerError && error.code === 11000) return true;
        throw error;
      }
    });
    await lab.until(async () => (await rows.countDocuments()) === 21);
    await lab.boot(before);
    await lab.until(async () => (await lab.state(before)) === "SECONDARY");
    await lab.until(() => lab.disks[before]!.store.collection("app.rows").size === 21);
  });

  it("acknowledges by a majority alone, and says so when there is none", async () => {
    await withUser();
    const client = await lab.client({ ...login, retryWrites: false });
    const primary = lab.primary();
    for (const ordinal of [0, 1, 2]) if (ordinal !== primary) lab.kill(ordinal);
    const rows = client.db("app").collection("rows");
    await assert.rejects(
      async () => rows.insertOne({}, { writeConcern: { w: "majority", wtimeoutMS: 300 } }),
      /timed out/,
    );
  });
});
