import * as assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Supervisor } from "../../../../agent/core/supervisor";
import { Certificate } from "../../../../agent/core/tls";
import { Accounts } from "../../../../agent/mysql/accounts";
import { MySqlEngine } from "../../../../agent/mysql/engine";
import { RootConnection } from "../../../../agent/mysql/sql";
import { FakeMySql } from "./fake-server";

describe("agent: MySQL", () => {
  let server: FakeMySql;
  let engine: MySqlEngine;
  let credentials: Credentials;
  let notices: Notices;

  const secret = (key: string, value: string): void => {
    writeFileSync(join(server.directory, "credentials", key), value);
  };
  const initFile = (): string => readFileSync(join(server.directory, "control", "init.sql"), "utf8");
  /** What was told the server about founding and letting clients in. */
  const told = (): string[] =>
    server.statements
      .filter((sql) => /bootstrap_group|offline_mode|START/.test(sql))
      .map((sql) => sql.slice(0, 60));

  beforeEach(async () => {
    server = new FakeMySql();
    await server.listen();
    for (const name of ["credentials", "control", "volume"]) mkdirSync(join(server.directory, name));
    for (const key of ["root-password", "replication-password", "password"]) secret(key, `first-${key}`);
    secret("username", "app");
    credentials = new Credentials(join(server.directory, "credentials"));
    notices = new Notices();
    const self = { ordinal: 0, host: "db-0", address: "10.0.0.1" };
    const supervisor = new Supervisor(join(server.directory, "control"), join(server.directory, "volume"));
    const nothing = async (): Promise<void> => undefined;
    const certificate = Object.assign(new Certificate(credentials, notices), {
      check: nothing,
      reconcile: nothing,
    });
    engine = new MySqlEngine(
      self,
      server.socket,
      supervisor,
      credentials,
      certificate,
      notices,
      join(server.directory, "my.cnf"),
    );
  });

  afterEach(() => {
    server.close();
  });

  it("never founds a group when it joins one, whatever an earlier founding left behind", async () => {
    const seeds = [{ ordinal: 1, host: "db-1", address: "10.0.0.2" }];
    await engine.join({ how: "catch-up", cluster: "c", seeds });
    const statements = told();
    const off = statements.indexOf("SET GLOBAL group_replication_bootstrap_group = 'OFF'");
    assert.ok(
      off >= 0 && off < statements.findIndex((sql) => sql.startsWith("START")),
      statements.join("\n"),
    );
  });

  it("founds with the right to it, and takes that back also when the founding fails", async () => {
    server.failing = /^START/;
    await assert.rejects(engine.join({ how: "found", cluster: "c", fresh: true, replicas: 3 }));
    const switched = told().filter((sql) => sql.includes("bootstrap_group"));
    assert.deepEqual(
      switched,
      ["ON", "OFF"].map((value) => `SET GLOBAL group_replication_bootstrap_group = '${value}'`),
    );
  });

  it("lets no client in while a start of the group would found another one", async () => {
    await engine.admit();
    assert.deepEqual(told(), [
      "SET GLOBAL group_replication_bootstrap_group = OFF",
      "SET GLOBAL offline_mode = OFF",
    ]);
    server.statements.length = 0;
    server.failing = /bootstrap_group/;
    await assert.rejects(engine.admit());
    assert.equal(told().length, 1);
  });

  it("has the server start with the Secret's passwords, also when it starts by itself after they changed", async () => {
    await engine.prepareStart();
    assert.match(initFile(), /first-root-password/);
    secret("root-password", "second");
    await engine.reconcile("replica");
    assert.match(initFile(), /'root'@'localhost' IDENTIFIED BY 'second'/);
    assert.doesNotMatch(server.statements.join("\n"), /second/);
  });

  it("restarts a server that refuses the Secret's password for long, with that password", async () => {
    server.denies = true;
    const { process, hung } = await engine.probe();
    assert.equal(process, "starting");
    assert.equal(hung?.patience, 90_000);
    assert.match(initFile(), /first-root-password/);
    server.denies = false;
    server.failing = /./;
    assert.equal((await engine.probe()).hung, undefined, "another error is no reason");
  });

  it("gives a member up whose volume hangs: tells the group, and ends the server whatever comes of that", async () => {
    const ended: number[] = [];
    await engine.abandon(async () => void ended.push(server.statements.length));
    assert.ok(server.statements.slice(0, ended[0]).includes("STOP GROUP_REPLICATION"));
    server.failing = /STOP/;
    await engine.abandon(async () => void ended.push(server.statements.length));
    assert.equal(ended.length, 2);
  });

  it("copies from an address, and by name where that is one of IPv6, which CLONE does not take", async () => {
    server.failing = /^CLONE/;
    for (const [address, source] of [
      ["10.0.0.2", "10.0.0.2"],
      ["fd00::2", "db-1.db-headless.shop.svc"],
    ] as const) {
      server.statements.length = 0;
      const donor = { ordinal: 1, host: "db-1.db-headless.shop.svc", address };
      await assert.rejects(engine.join({ how: "clone", donor }));
      const told = server.statements.filter((sql) => /clone_valid_donor_list|^CLONE/.test(sql)).join("\n");
      assert.ok(told.includes(`clone_valid_donor_list = '${source}:3306'`), told);
      assert.ok(told.includes(`@'${source}':3306`), told);
    }
  });

  it("takes a server that greets nobody for one that hangs, to be killed only where it is replaced", async () => {
    server.greets = false;
    const { process, hung } = await engine.probe();
    assert.equal(process, "starting");
    assert.deepEqual([hung?.patience, hung?.unless], [60_000, "unreplaced"]);
  });

  describe("accounts", () => {
    let passwords: Map<string, string[]>;
    let accounts: Accounts;

    beforeEach(() => {
      passwords = new Map();
      const root = new RootConnection(server.socket, () => credentials.read("root-password"));
      accounts = new Accounts(root, credentials, async ({ user, password }) =>
        (passwords.get(user) ?? []).includes(password),
      );
    });

    const changes = (user: string): string[] =>
      server.statements
        .filter((sql) => sql.startsWith(`ALTER USER '${user}'`))
        .map((sql) => sql.replace(/.*BY /, ""));

    it("make a password that is set back the current one again", async () => {
      secret("password", "one");
      passwords.set("app", ["one"]);
      await accounts.reconcile();
      secret("password", "two");
      await accounts.reconcile();
      passwords.set("app", ["two", "one"]);
      secret("password", "one");
      await accounts.reconcile();
      assert.deepEqual(changes("app"), ["'two' RETAIN CURRENT PASSWORD", "'one' RETAIN CURRENT PASSWORD"]);
      await accounts.reconcile();
      assert.equal(changes("app").length, 2);
    });

    it("never get the placeholder of rendered manifests, or no password", async () => {
      for (const [value, words] of [
        ["<password app: generated by pulumi up>", /"password" is the placeholder/],
        ["", /"password" is empty/],
      ] as const) {
        secret("password", value);
        await assert.rejects(accounts.reconcile(), words);
      }
      assert.doesNotMatch(server.statements.join("\n"), /CREATE USER/);
    });
  });
});
