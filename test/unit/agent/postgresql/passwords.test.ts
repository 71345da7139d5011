import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Accounts } from "../../../../agent/postgresql/accounts";
import { FormerSessions } from "../../../../agent/postgresql/former-sessions";
import { OwnPasswords } from "../../../../agent/postgresql/member-passwords";
import type { Login } from "../../../../agent/postgresql/sql";

describe("agent: PostgreSQL's passwords", () => {
  let folder: string;
  let credentials: Credentials;
  let notices: Notices;
  let now: number;
  let statements: string[];
  /** The password of each role that can log in. */
  let roles: Map<string, string>;
  let accounts: Accounts;

  const secret = (values: Record<string, string>): void => {
    for (const [key, value] of Object.entries(values)) writeFileSync(join(folder, key), value);
  };
  const canLogIn = async ({ user, password }: Login): Promise<boolean> => roles.get(user) === password;
  const run = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
    statements.push(sql);
    const [, role, password] = /^ALTER ROLE "?(\w+)"? LOGIN PASSWORD '(.*?)'/.exec(sql) ?? [];
    if (role !== undefined && password !== undefined) roles.set(role, password);
    const [, ended] = /^ALTER ROLE "?(\w+)"? NOLOGIN/.exec(sql) ?? [];
    if (ended !== undefined) roles.delete(ended);
    if (sql.includes("rolname IN")) {
      return [...roles.keys()].filter((name) => sql.includes(`'${name}'`)).map((rolname) => ({ rolname }));
    }
    return sql.includes("rolcanlogin") && roles.has(String(values[0])) ? [{}] : [];
  };
  const reconcile = (pooled = false, monitored = false): Promise<void> =>
    accounts.reconcile([], { pooled, monitored }, "directory");

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "passwords-"));
    credentials = new Credentials(folder);
    notices = new Notices();
    now = 0;
    statements = [];
    roles = new Map();
    accounts = new Accounts(credentials, notices, () => now, {
      asAdministrator: async (_, work) => work(run),
      canLogIn,
    });
    secret({
      owner: "app",
      database: "app",
      username: "app_a",
      password: "one",
      "root-password": "root",
      "replication-password": "first",
      "rest-password": "rest",
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("of the members changes when all of them have had time to get the new one: a role has but one", async () => {
    await reconcile();
    assert.equal(roles.get("stateful_replication"), "first");
    secret({ "replication-password": "second" });
    await reconcile();
    const before = statements.length;
    now = 89_000;
    await reconcile();
    assert.equal(statements.length, before, "it is not asked all the while");
    assert.equal(roles.get("stateful_replication"), "first");
    now = 91_000;
    await reconcile();
    assert.equal(roles.get("stateful_replication"), "second");
    const count = statements.length;
    await reconcile();
    assert.equal(statements.length, count, "nothing is left to do");
  });

  it("of the exporter is an account's that may only look, with few connections, and changes as the members' does", async () => {
    await reconcile();
    assert.ok(!statements.some((sql) => sql.includes("stateful_exporter")), "nobody wants one");
    await reconcile(false, true);
    assert.equal(roles.get("stateful_exporter"), undefined, "this pod is one of before");
    secret({ "exporter-password": "first look" });
    await reconcile(false, true);
    assert.equal(roles.get("stateful_exporter"), "first look");
    const granted = statements.filter((sql) => /^GRANT .* TO "stateful_exporter"$/.test(sql));
    assert.deepEqual(granted, [
      'GRANT pg_monitor TO "stateful_exporter"',
      'GRANT CONNECT ON DATABASE "postgres" TO "stateful_exporter"',
    ]);
    assert.ok(statements.includes('ALTER ROLE "stateful_exporter" CONNECTION LIMIT 5'));
    secret({ "exporter-password": "second look" });
    now = 89_000;
    await reconcile(false, true);
    assert.equal(roles.get("stateful_exporter"), "first look");
    now = 180_000;
    await reconcile(false, true);
    assert.equal(roles.get("stateful_exporter"), "second look");
  });

  it("of the exporter ends with it", async () => {
    secret({ "exporter-password": "look" });
    await reconcile(false, true);
    await reconcile(false, false);
    assert.equal(roles.get("stateful_exporter"), undefined);
    const count = statements.length;
    await reconcile(false, false);
    assert.equal(statements.length, count, "nothing is left to do");
  });

  it("of the members holds at once on data from elsewhere, and after a restart of the agent", async () => {
    roles.set("stateful_replication", "of another database");
    await reconcile();
    assert.equal(roles.get("stateful_replication"), "first");
  });

  it("never ends by a date, and is kept in the one form that is admitted", async () => {
    await reconcile();
    assert.ok(statements.includes("SET password_encryption = 'scram-sha-256'"));
    const set = statements.filter((sql) => / LOGIN PASSWORD /.test(sql));
    assert.ok(set.length >= 3);
    for (const sql of set) assert.match(sql, /VALID UNTIL 'infinity'$/);
  });

  for (const name of ["postgres", "stateful_replication", "pg_monitor"]) {
    it(`is not set for ${name}, which a Secret may name by mistake; all else is`, async () => {
      secret({ username: name });
      await reconcile();
      assert.notEqual(roles.get(name), "one");
      assert.ok(!roles.has("app_a"));
      assert.ok(!statements.some((sql) => sql.includes("SET role")));
      const [notice] = notices.list();
      assert.equal(notice!.severity, "problem");
      assert.match(notice!.text, new RegExp(`"username" is "${name}"`));
      assert.ok(statements.some((sql) => sql.startsWith("CREATE DATABASE")));
      secret({ username: "app_b" });
      await reconcile();
      assert.equal(roles.get("app_b"), "one");
      assert.deepEqual(notices.list(), []);
    });
  }

  it("before the present one stays valid, unless the Secret revokes it", async () => {
    await reconcile();
    secret({ username: "app_b", password: "two" });
    await reconcile();
    assert.deepEqual([roles.get("app_a"), roles.get("app_b")], ["one", "two"]);
    secret({ "revoke-previous": "true" });
    await reconcile();
    assert.deepEqual([roles.has("app_a"), roles.get("app_b")], [false, "two"]);
    secret({ username: "app_a", password: "three" });
    await reconcile();
    assert.deepEqual([roles.get("app_a"), roles.has("app_b")], ["three", false], "and so each time");
  });

  describe("of PgBouncer", () => {
    const pooler = (username: string, password: string): void => {
      secret({ "pooler-username": username, "pooler-password": password });
    };
    const known = (): string[] =>
      [...roles.keys()].filter((name) => name.startsWith("stateful_pooler")).sort();

    it("before the present one stays valid, so that pods which have not heard of it let clients in", async () => {
      secret({ "pooler-password": "zero" });
      await reconcile(true);
      pooler("stateful_pooler_a", "one");
      await reconcile(true);
      assert.deepEqual([roles.get("stateful_pooler"), roles.get("stateful_pooler_a")], ["zero", "one"]);
      now += 200_000;
      await reconcile(true);
      assert.deepEqual(known(), ["stateful_pooler", "stateful_pooler_a"]);
      pooler("stateful_pooler_b", "two");
      await reconcile(true);
      assert.deepEqual([roles.get("stateful_pooler_a"), roles.get("stateful_pooler_b")], ["one", "two"]);
      now += 100_000;
      await reconcile(true);
      assert.deepEqual(
        known(),
        ["stateful_pooler_a", "stateful_pooler_b"],
        "the one before the last has ended",
      );
      assert.match(statements.at(-1)!, /GRANT EXECUTE .* TO "?stateful_pooler_a"?, "?stateful_pooler_b"?/);
    });

    it("that is revoked ends once the pods have the present one, and not before", async () => {
      pooler("stateful_pooler_a", "one");
      await reconcile(true);
      secret({ "revoke-previous": "true" });
      pooler("stateful_pooler_b", "two");
      await reconcile(true);
      now += 89_000;
      await reconcile(true);
      assert.deepEqual(known(), ["stateful_pooler_a", "stateful_pooler_b"]);
      now += 2_000;
      await reconcile(true);
      assert.deepEqual(known(), ["stateful_pooler_b"]);
    });

    it("is of one of its own accounts alone", async () => {
      pooler("postgres", "one");
      await assert.rejects(
        reconcile(true),
        /"pooler-username" is "postgres": write one of stateful_pooler, /,
      );
      assert.ok(!roles.has("postgres") || roles.get("postgres") === "root");
    });
  });

  describe("that this member's Patroni is told", () => {
    let own: OwnPasswords;
    beforeEach(() => {
      own = new OwnPasswords(folder, credentials, canLogIn, () => now);
      roles.set("stateful_replication", "first");
    });

    it("are exchanged while it runs: that of replication when the primary has set it", async () => {
      assert.deepEqual(await own.current(), { replication: "first", rest: "rest" });
      assert.equal(await own.reconcile(), false);
      secret({ "replication-password": "second", "rest-password": "other" });
      assert.equal(await own.reconcile(), false);
      assert.deepEqual(await own.current(), { replication: "first", rest: "other" });
      roles.set("stateful_replication", "second");
      now += 2_000;
      assert.equal(await own.reconcile(), true);
      assert.deepEqual(await own.current(), { replication: "second", rest: "other" });
      assert.equal(await own.reconcile(), false);
    });

    it("are known after a restart of the agent as well: Patroni may still have those before", async () => {
      const file = (password: string): string =>
        JSON.stringify({ restapi: { authentication: { password } } });
      writeFileSync(join(folder, "patroni.yml"), file("former"));
      await own.keepFormer(file("rest"));
      writeFileSync(join(folder, "patroni.yml"), file("rest"));
      const restarted = new OwnPasswords(folder, credentials, canLogIn, () => now);
      assert.deepEqual(await restarted.restOnDisk(), ["rest", "former"]);
    });

    it("have no line break: a password file cannot hold one", async () => {
      secret({ "replication-password": "a\nb" });
      await assert.rejects(own.renew(), /"replication-password" has a line break/);
    });
  });

  describe("that were revoked", () => {
    let ended: string[];
    let sessions: FormerSessions;
    beforeEach(() => {
      ended = [];
      const administer = async (sql: string): Promise<unknown> => ended.push(sql.replace(/\s+/g, " "));
      sessions = new FormerSessions(credentials, administer, canLogIn, () => now);
    });

    it("leave no connection of a role that may no longer log in, on any member", async () => {
      await sessions.reconcile();
      assert.deepEqual(ended, []);
      secret({ "revoke-previous": "true" });
      await sessions.reconcile();
      assert.match(
        ended[0]!,
        /NOT rolcanlogin AND rolname IN \('app_b', 'stateful_pooler', 'stateful_pooler_a', 'stateful_pooler_b'\)/,
      );
      await sessions.reconcile();
      assert.equal(ended.length, 1);
      now += 10_000;
      await sessions.reconcile();
      assert.equal(ended.length, 2);
    });

    it("leave none of the only user, once the new password has come to the member", async () => {
      secret({ username: "app", password: "one", "revoke-previous": "true" });
      await sessions.reconcile();
      secret({ password: "two" });
      await sessions.reconcile();
      assert.ok(!ended.some((sql) => sql.includes("usename = 'app'")));
      roles.set("app", "two");
      await sessions.reconcile();
      await sessions.reconcile();
      assert.equal(ended.filter((sql) => sql.includes("usename = 'app'")).length, 1);
    });
  });
});
