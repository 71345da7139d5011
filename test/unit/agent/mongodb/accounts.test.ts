import * as assert from "node:assert/strict";
import { Lab } from "../../../fakes/mongodb/lab";
import { Beside } from "./beside";

describe("MongoDB's accounts, by the driver that applications use", function () {
  this.timeout(60_000);
  let lab: Lab;
  let beside: Beside;

  beforeEach(async () => {
    lab = new Lab();
    await lab.start(1);
    beside = new Beside(lab);
    await beside.found();
  });

  afterEach(async () => {
    beside.server.close();
    await lab.close();
  });

  const as = (username: string, password: string): ReturnType<Lab["client"]> =>
    lab.client({ auth: { username, password }, authSource: "admin" });

  it("are made once a set is, and say by themselves whether clients are let in", async () => {
    assert.equal(await beside.accounts.isAdmitted(), false);
    await beside.accounts.reconcile();
    assert.equal(await beside.accounts.isAdmitted(), true);
    const client = await as("app_a", "of the application");
    const rows = client.db("shop").collection<{ _id: number }>("rows");
    await rows.insertOne({ _id: 1 });
    assert.equal(await rows.countDocuments(), 1);
    await assert.rejects(async () => client.db("other").collection("rows").insertOne({}), /not authorized/);
    await assert.rejects(
      async () => client.db("shop").command({ createUser: "x", pwd: "x", roles: [] }),
      /not authorized/,
    );
    const admin = await as("admin", "of the administrator");
    assert.equal(await admin.db("shop").collection("rows").countDocuments(), 1);
  });

  it("have writes wait for a majority where a client says nothing", async () => {
    const { defaultWriteConcern } = await beside.server.run({ getDefaultRWConcern: 1 });
    assert.deepEqual(defaultWriteConcern, { w: "majority", wtimeout: 0 });
  });

  it("go on with the user before until the next rotation, or until it is revoked", async () => {
    await beside.accounts.reconcile();
    const former = await as("app_a", "of the application");
    const rows = former.db("shop").collection<{ _id: number }>("rows");
    await rows.insertOne({ _id: 1 });
    Object.assign(beside.secret, { username: "app_b", password: "another" });
    assert.equal(await beside.accounts.isAdmitted(), true, "while the new one is made");
    await beside.accounts.reconcile();
    await (await as("app_b", "another")).db("shop").collection<{ _id: number }>("rows").insertOne({ _id: 2 });
    await rows.insertOne({ _id: 3 });
    await beside.formerSessions.reconcile();
    await rows.insertOne({ _id: 5 });
    beside.secret["revoke-previous"] = "true";
    await beside.formerSessions.reconcile();
    await assert.rejects(async () => rows.insertOne({ _id: 4 }), /not authorized/);
    await assert.rejects(async () => as("app_a", "of the application"), /Authentication failed/);
  });

  it("are given another password, and roles that somebody took", async () => {
    await beside.accounts.reconcile();
    beside.secret["password"] = "another";
    await beside.server.run({ updateUser: "app_a", roles: [], $db: "admin" });
    await beside.accounts.reconcile();
    await (await as("app_a", "another")).db("shop").collection<{ _id: number }>("rows").insertOne({ _id: 1 });
    await assert.rejects(async () => as("app_a", "of the application"), /Authentication failed/);
  });

  it("are not made over one of the server's own", async () => {
    for (const name of ["admin", "__system"]) {
      beside.secret["username"] = name;
      await assert.rejects(async () => beside.accounts.reconcile(), /an account of the server's own/);
    }
  });
});
