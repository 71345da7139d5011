import * as assert from "node:assert/strict";
import type { WantedUsers } from "../../../../components/protocol/users";
import { Lab } from "../../../fakes/mongodb/lab";
import { Beside } from "./beside";

describe("MongoDB's listed users, by the driver that applications use", function () {
  this.timeout(60_000);
  let lab: Lab;
  let beside: Beside;

  beforeEach(async () => {
    lab = new Lab();
    await lab.start(1);
    beside = new Beside(lab);
    await beside.found();
    await beside.accounts.reconcile();
  });

  afterEach(async () => {
    beside.server.close();
    await lab.close();
  });

  const as = (username: string, password: string): ReturnType<Lab["client"]> =>
    lab.client({ auth: { username, password }, authSource: "admin" });

  async function list(lists: Partial<WantedUsers>): Promise<string> {
    beside.secret["users.json"] = JSON.stringify({ users: [], databases: [], ...lists });
    await beside.accounts.reconcile();
    await beside.users.reconcile("rs");
    return beside.notices
      .list()
      .map(({ text }) => text)
      .join("\n");
  }

  function give(user: string, password: string, login = `${user}_a`): void {
    beside.secret[`user.${user}.password`] = password;
    beside.secret[`user.${user}.username`] = login;
  }

  async function rolesOf(account: string): Promise<string[]> {
    const { users } = await beside.server.run({ usersInfo: { user: account, db: "admin" }, $db: "admin" });
    const [found] = users as { roles: { role: string; db: string }[] }[];
    return (found?.roles ?? []).map(({ role, db }) => `${role}@${db}`).sort();
  }

  it("may what is listed, in the databases that are named", async () => {
    give("reader", "of the reader");
    give("writer", "of the writer");
    const grants = { reader: { shop: "read" }, writer: { shop: "write" } } as const;
    const said = await list({
      users: [
        { name: "reader", grants: grants.reader },
        { name: "writer", grants: grants.writer },
      ],
    });
    assert.equal(said, "");
    const rows = (await as("writer_a", "of the writer")).db("shop").collection<{ _id: number }>("rows");
    await rows.insertOne({ _id: 1 });
    const read = (await as("reader_a", "of the reader")).db("shop").collection<{ _id: number }>("rows");
    assert.equal(await read.countDocuments(), 1);
    await assert.rejects(async () => read.insertOne({ _id: 2 }), /not authorized/);
    await list({ users: [{ name: "reader", grants: { shop: "none" } }] });
    await assert.rejects(async () => read.countDocuments(), /not authorized/);
  });

  it("keep what somebody gave them in a database that is not named", async () => {
    give("reader", "p");
    await list({ users: [{ name: "reader", grants: { shop: "read" } }] });
    await beside.server.run({
      updateUser: "reader_a",
      roles: [
        { role: "read", db: "shop" },
        { role: "read", db: "other" },
      ],
      $db: "admin",
    });
    await list({ users: [{ name: "reader", grants: { shop: "all" } }] });
    assert.deepEqual(await rolesOf("reader_a"), ["dbAdmin@shop", "read@other", "readWrite@shop"]);
  });

  it("log in by another name after a rotation, and by the former one until that is revoked", async () => {
    const users = [{ name: "reader", grants: { shop: "read" as const } }];
    give("reader", "first");
    await list({ users });
    give("reader", "second", "reader_b");
    await list({ users });
    assert.deepEqual(await rolesOf("reader_b"), ["read@shop"]);
    const former = await as("reader_a", "first");
    await list({ users: [{ name: "reader", grants: { shop: "write" } }] });
    assert.deepEqual(await rolesOf("reader_a"), ["readWrite@shop"], "both have the same roles");
    beside.secret["revoke-previous"] = "true";
    await list({ users });
    await assert.rejects(async () => former.db("shop").collection("rows").countDocuments(), /not authorized/);
    await as("reader_b", "second");
    give("reader", "third", "reader_b");
    await list({ users });
    await assert.rejects(async () => as("reader_b", "second"), /Authentication failed/);
    await as("reader_b", "third");
  });

  it("own a database that the list says so of; the others are the application's", async () => {
    give("reporter", "p");
    const users = [{ name: "reporter", grants: {} }];
    await list({ users, databases: [{ name: "reports", owner: "reporter" }, { name: "more" }] });
    assert.deepEqual(await rolesOf("reporter_a"), ["dbOwner@reports"]);
    assert.deepEqual(await rolesOf("app_a"), [
      "dbAdmin@more",
      "dbAdmin@shop",
      "readWrite@more",
      "readWrite@shop",
    ]);
    give("other", "q");
    await list({
      users: [...users, { name: "other", grants: {} }],
      databases: [{ name: "reports", owner: "other" }],
    });
    assert.deepEqual(await rolesOf("reporter_a"), []);
    assert.deepEqual(await rolesOf("other_a"), ["dbOwner@reports"]);
  });

  it("make users as an administrator, as long as they are one", async () => {
    give("boss", "p");
    await list({ users: [{ name: "boss", grants: {}, administrator: true }] });
    assert.deepEqual(await rolesOf("boss_a"), [
      "dbAdminAnyDatabase@admin",
      "readWriteAnyDatabase@admin",
      "userAdminAnyDatabase@admin",
    ]);
    await list({ users: [{ name: "boss", grants: {} }] });
    assert.deepEqual(await rolesOf("boss_a"), []);
  });

  it("are removed when they are called absent, and else stay, which is said", async () => {
    give("reader", "p");
    give("writer", "p");
    const writer = { name: "writer", grants: { shop: "write" as const } };
    await list({ users: [{ name: "reader", grants: { shop: "read" } }, writer] });
    assert.match(await list({ users: [writer] }), /the user reader is not listed any more, and stays/);
    await as("reader_a", "p");
    assert.equal(await list({ users: [{ name: "reader", absent: true, grants: {} }, writer] }), "");
    await assert.rejects(async () => as("reader_a", "p"), /Authentication failed/);
    await as("writer_a", "p");
  });

  it("are nobody's that is there already, and it is said how to hand that over", async () => {
    give("reader", "p");
    await beside.server.run({ createUser: "reader_a", pwd: "own", roles: [], $db: "admin" });
    assert.match(
      await list({ users: [{ name: "reader", grants: { shop: "read" } }] }),
      /reader is left as it is/,
    );
    await as("reader_a", "own");
    const command = /runCommand\((.*)\)$/.exec(beside.notices.list()[0]?.advice ?? "")?.[1] ?? "";
    await beside.server.run({ ...(JSON.parse(command) as object), $db: "admin" });
    beside.now += 30_000;
    assert.equal(await list({ users: [{ name: "reader", grants: { shop: "read" } }] }), "");
    await as("reader_a", "p");
  });

  it("wait for their password, and take no name that is not theirs", async () => {
    const users = [{ name: "reader", grants: { shop: "read" as const } }];
    assert.match(await list({ users }), /waits for its password/);
    give("reader", "p", "app_a");
    assert.match(await list({ users }), /the Secret calls it app_a/);
    await as("app_a", "of the application");
  });
});
