import * as assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Supervisor } from "../../../../agent/core/supervisor";
import { Certificate } from "../../../../agent/core/tls";
import { Accounts } from "../../../../agent/mysql/accounts";
import { MySqlEngine } from "../../../../agent/mysql/engine";
import { hashLiteral } from "../../../../agent/mysql/password-hash";
import { RootConnection } from "../../../../agent/mysql/sql";
import { FakeMySql } from "./fake-server";

describe("agent: MySQL", () => {
  let server: FakeMySql;
  let engine: MySqlEngine;
  let credentials: Credentials;
  let notices: Notices;
  let now: number;
  let restartAgent: () => void;
  /** Who cannot log in. */
  let isValid = true;
  let locked: Set<string>;

  const secret = (key: string, value: string): void => {
    writeFileSync(join(server.directory, "credentials", key), value);
  };
  const initFile = (): string => readFileSync(join(server.directory, "control", "init.sql"), "utf8");
  /** Whether the init file sets this password for an account. */
  const sets = (account: string, password: string): boolean => {
    const [, hash = ""] = new RegExp(`${account} .* AS 0x([0-9a-f]+)`).exec(initFile()) ?? [];
    const salt = Buffer.from(hash, "hex").subarray(7, 27);
    return hashLiteral(password, salt) === `0x${hash}`;
  };
  /** What was told the server about bootstrapping and letting clients in. */
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
    isValid = true;
    Object.defineProperty(certificate, "isValid", { get: () => isValid });
    now = 0;
    locked = new Set();
    restartAgent = () => {
      notices = new Notices();
      engine = new MySqlEngine(
        self,
        server.socket,
        supervisor,
        credentials,
        certificate,
        notices,
        join(server.directory, "my.cnf"),
        () => now,
        async ({ user }) => !server.denies && !locked.has(user),
      );
    };
    restartAgent();
  });

  afterEach(() => {
    server.close();
  });

  it("never bootstraps a group when it joins one, whatever an earlier bootstrap left behind", async () => {
    const seeds = [{ ordinal: 1, host: "db-1", address: "10.0.0.2" }];
    await engine.membership.join("c", seeds);
    const statements = told();
    const off = statements.indexOf("SET GLOBAL group_replication_bootstrap_group = 'OFF'");
    assert.ok(
      off >= 0 && off < statements.findIndex((sql) => sql.startsWith("START")),
      statements.join("\n"),
    );
  });

  it("bootstraps with the right to it, and takes that back also when the bootstrap fails", async () => {
    server.failing = /^START/;
    await assert.rejects(engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 }));
    const switched = told().filter((sql) => sql.includes("bootstrap_group"));
    assert.deepEqual(
      switched,
      ["ON", "OFF"].map((value) => `SET GLOBAL group_replication_bootstrap_group = '${value}'`),
    );
  });

  describe("bootstraps with a certificate that is not valid, by which a group would refuse itself,", () => {
    /** What was set to verify others by, and where the start of the group was between it. */
    const verified = (): string[] =>
      server.statements
        .map((sql) => /^START|(?<=group_replication_)(?:recovery_ssl_ca|ssl_mode) = .*/.exec(sql)?.[0])
        .filter((part) => part !== undefined);
    const asked = ["ssl_mode = 'VERIFY_CA'", "recovery_ssl_ca = '/tls/ca.crt'"];
    const nobody = ["ssl_mode = 'REQUIRED'", "recovery_ssl_ca = ''"];
    const found = (replicas: number) => engine.bootstrap({ cluster: "c", fresh: true, replicas });
    const said = () => notices.list().map(({ severity, text }) => `${severity}: ${text}`);

    beforeEach(() => {
      isValid = false;
      server.rows.push([
        /^SELECT @@group_replication_ssl_mode/,
        { mode: "VERIFY_CA", authority: "/tls/ca.crt" },
      ]);
    });

    it("without verifying for that time", async () => {
      await found(1);
      assert.deepEqual(verified(), [...nobody, "START", ...asked]);
      assert.deepEqual(said(), [], "there is nobody else");
    });

    it("and verifies again when that fails", async () => {
      server.failing = /^START/;
      await assert.rejects(found(1), /it cannot be done/);
      assert.deepEqual(verified(), [...nobody, "START", ...asked]);
    });

    it("and says until it starts anew that it does not verify those that join", async () => {
      await found(3);
      assert.match(said()[0]!, /^problem: .* does not verify those that join it$/);
      isValid = true;
      server.statements.length = 0;
      await found(3);
      assert.deepEqual(verified(), ["START"]);
      assert.deepEqual(said(), []);
    });

    it("and says so also after the agent was restarted, as long as there are others", async () => {
      await found(3);
      restartAgent();
      await engine.reconcile("primary", 3).catch(() => undefined);
      assert.match(said()[0]!, /^problem: .* does not verify those that join it$/);
      await engine.reconcile("primary", 1).catch(() => undefined);
      assert.deepEqual(said(), []);
      restartAgent();
      await engine.membership.join("c", []);
      await engine.reconcile("primary", 3).catch(() => undefined);
      assert.deepEqual(said(), []);
    });

    it("and verifies before it starts anew, where the agent ended in between", async () => {
      server.failing = /VERIFY_CA/;
      await assert.rejects(found(3));
      server.failing = undefined;
      server.rows[0]![1] = { mode: "REQUIRED", authority: "" };
      server.statements.length = 0;
      restartAgent();
      await engine.membership.join("c", []);
      assert.deepEqual(verified(), [...asked, "START"]);
      server.statements.length = 0;
      await engine.membership.join("c", []);
      assert.deepEqual(verified(), ["START"]);
    });

    it("and neither changes nor says anything where nobody is to be verified", async () => {
      server.rows[0]![1] = { mode: "REQUIRED", authority: "" };
      await found(3);
      await engine.reconcile("primary", 3).catch(() => undefined);
      assert.deepEqual(verified(), ["START"]);
      assert.deepEqual(said(), []);
    });

    it("and starts anew by itself once it has a valid one and the others can do without it: a primary hands over first", async () => {
      const moves = (): string[] => server.statements.filter((sql) => /set_as_primary|^STOP/.test(sql));
      const member = (ordinal: number, state: string) => ({
        id: String(ordinal),
        host: `db-${ordinal}.db-headless`,
        state,
        role: ordinal === 0 ? "PRIMARY" : "SECONDARY",
      });
      const members = [member(0, "ONLINE"), member(1, "ONLINE"), member(2, "RECOVERING")];
      server.rows.push([/replication_group_members$/, members]);
      const reconcile = (role: "primary" | "replica") => engine.reconcile(role, 3).catch(() => undefined);
      await found(3);
      server.statements.length = 0;
      now += 1_000_000;
      await reconcile("primary");
      assert.deepEqual(moves(), [], "the certificate is not valid yet");
      isValid = true;
      await reconcile("primary");
      now += 119_000;
      await reconcile("primary");
      assert.deepEqual(moves(), [], "the others may not have it yet");
      now += 2_000;
      await reconcile("primary");
      assert.deepEqual(moves(), [], "without it there would be no majority");
      members[2] = member(2, "ONLINE");
      await reconcile("primary");
      assert.match(moves().join(), /^SELECT group_replication_set_as_primary\('1'/);
      server.statements.length = 0;
      await reconcile("replica");
      assert.deepEqual(moves(), ["STOP GROUP_REPLICATION"]);
      await engine.membership.join("c", []);
      server.statements.length = 0;
      await reconcile("replica");
      assert.deepEqual([moves(), said()], [[], []]);
    });

    it("and joins others only with one that they can verify", async () => {
      await engine.membership.join("c", []);
      assert.deepEqual(verified(), ["START"]);
    });
  });

  it("lets no client in while a start of the group would bootstrap another one", async () => {
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
    assert.ok(sets("'root'@'localhost'", "first-root-password"));
    assert.ok(sets("'stateful_replication'@'%'", "first-replication-password"));
    secret("root-password", "second");
    await engine.reconcile("replica");
    assert.ok(sets("'root'@'localhost'", "second"));
    assert.doesNotMatch(server.statements.join("\n"), /second/);
  });

  it("restarts a server that refuses the Secret's password for long, with that password", async () => {
    server.denies = true;
    const { process, hung } = await engine.probe();
    assert.equal(process, "starting");
    assert.equal(hung?.patience, 90_000);
    assert.ok(sets("'root'@'localhost'", "first-root-password"));
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
      await assert.rejects(engine.copy.from(donor));
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
      accounts = new Accounts({
        root,
        credentials,
        canLogIn: async ({ user, password }) => (passwords.get(user) ?? []).includes(password),
        canReach: async ({ user, password }) => (passwords.get(user) ?? []).includes(password),
        notices,
        clock: () => now,
      });
    });

    const changes = (user: string): string[] =>
      server.statements
        .filter((sql) => sql.startsWith(`ALTER USER '${user}'`) && sql.includes("IDENTIFIED"))
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

    it("let the exporter look, from its pod alone and by few connections, and keep it out when it is gone", async () => {
      await accounts.reconcile();
      assert.ok(!server.statements.some((sql) => /(CREATE|ALTER) USER.*exporter/.test(sql)));
      secret("exporter-password", "look");
      await accounts.reconcile();
      const of = (begin: RegExp) =>
        server.statements.filter((sql) => begin.test(sql) && /exporter/.test(sql));
      assert.match(of(/^CREATE USER/)[0]!, /'stateful_exporter'@'127\.0\.0\.1'/);
      assert.ok(of(/MAX_USER_CONNECTIONS 5/).length > 0);
      assert.deepEqual(of(/^GRANT/), [
        "GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'stateful_exporter'@'127.0.0.1'",
        "GRANT SELECT ON performance_schema.* TO 'stateful_exporter'@'127.0.0.1'",
      ]);
      passwords.set("stateful_exporter", ["look"]);
      secret("exporter-password", "look_again");
      await accounts.reconcile();
      assert.equal(changes("stateful_exporter").at(-1), "'look_again' RETAIN CURRENT PASSWORD");
      rmSync(join(server.directory, "credentials", "exporter-password"));
      server.rows.push([/account_locked/, { one: "1" }]);
      await accounts.reconcile();
      assert.equal(server.statements.at(-1), "ALTER USER 'stateful_exporter'@'127.0.0.1' ACCOUNT LOCK");
    });

    it("refuse a password that the exporter's file would read otherwise, in words that do not have it", async () => {
      for (const value of ["a b", "$HOME", "pass#word", "%(x)s", '"quoted"', "back\\slash"]) {
        secret("exporter-password", value);
        await assert.rejects(accounts.reconcile(), (error: Error) => {
          assert.match(error.message, /"exporter-password" has characters/);
          assert.ok(!error.message.includes(value));
          return true;
        });
      }
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

    it("outlive policies of history, reuse and lifetime, and failed log-ins", async () => {
      await accounts.reconcile();
      for (const user of ["root", "stateful_replication", "app"]) {
        const lasting = server.statements.filter(
          (sql) => sql.includes(`USER '${user}'`) || sql.includes(`IF NOT EXISTS '${user}'`),
        );
        assert.match(
          lasting[0]!,
          /PASSWORD EXPIRE NEVER PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY FAILED_LOGIN_ATTEMPTS 0 .*ACCOUNT UNLOCK/,
        );
      }
    });

    for (const errno of [1819, 3638]) {
      it(`hold also against a policy of the server (error ${errno}), which is told`, async () => {
        passwords.set("root", ["first-root-password"]);
        passwords.set("stateful_replication", ["first-replication-password"]);
        server.failing = / BY 'first-password'/;
        server.errno = errno;
        await accounts.reconcile();
        const [created] = server.statements.filter((sql) => sql.includes("CREATE USER")).slice(-1);
        assert.match(created!, /'app'@'%' IDENTIFIED WITH caching_sha2_password AS 0x/);
        assert.match(changes("app").at(-1)!, /AS 0x[0-9a-f]+ RETAIN CURRENT PASSWORD$/);
        assert.match(
          notices.list()[0]!.text,
          /"app" does not satisfy the server's password policy; it holds/,
        );
        secret("password", "Second_1");
        await accounts.reconcile();
        assert.deepEqual(notices.list(), []);
      });
    }

    it("give up the password before where there is none that could be kept", async () => {
      server.failing = /RETAIN/;
      server.errno = 3894;
      await accounts.reconcile();
      assert.match(changes("app").at(-1)!, /AS 0x[0-9a-f]+$/);
    });

    it("end the password before at once where the Secret says so, and only then", async () => {
      const ended = () => server.statements.filter((sql) => sql.includes("DISCARD OLD PASSWORD"));
      await accounts.reconcile();
      assert.deepEqual(ended(), []);
      secret("revoke-previous", "true");
      await accounts.reconcile();
      assert.deepEqual(ended(), [
        "ALTER USER 'root'@'localhost' DISCARD OLD PASSWORD",
        "ALTER USER 'app'@'%' DISCARD OLD PASSWORD",
      ]);
      await accounts.reconcile();
      assert.equal(ended().length, 2);
    });

    it("end the members' password before once every member has had time to take the present one", async () => {
      const ended = () => server.statements.filter((sql) => /replication'@'%' DISCARD/.test(sql)).length;
      await accounts.reconcile();
      now = 299_000;
      await accounts.reconcile();
      assert.equal(ended(), 0);
      now = 300_000;
      await accounts.reconcile();
      await accounts.reconcile();
      assert.equal(ended(), 1);
      secret("replication-password", "another");
      await accounts.reconcile();
      now = 599_000;
      await accounts.reconcile();
      assert.equal(ended(), 1, "the time begins anew with the next one");
    });

    it("refuse what MySQL does not take, in words that do not have it", async () => {
      for (const [key, value, words] of [
        ["password", "ä".repeat(129), /"password" has 258 bytes, and MySQL takes 256 at most/],
        ["password", "a\0b", /"password" has a zero byte/],
        ["replication-password", "x".repeat(33), /"replication-password" has 33 bytes, and MySQL takes 32/],
      ] as const) {
        secret(key, value);
        await assert.rejects(accounts.reconcile(), (error: Error) => {
          assert.match(error.message, words);
          assert.ok(!error.message.includes(value));
          return true;
        });
        secret(key, "right");
      }
    });
  });

  it("says in its notices when accounts are not as the Secret says, until they are", async () => {
    server.failing = /^GRANT|CREATE USER/;
    await assert.rejects(engine.reconcile("primary"));
    const [notice] = notices.list();
    assert.equal(notice!.severity, "problem");
    assert.match(notice!.text, /accounts are not as the Secret says: it cannot be done/);
    server.failing = undefined;
    await engine.reconcile("primary");
    assert.deepEqual(notices.list(), []);
  });

  it("takes any refusal of the administrator for a reason to start anew: an expired password, a locked account", async () => {
    for (const errno of [1862, 1820, 3118, 3955]) {
      server.failing = /SELECT @@server_uuid/;
      server.errno = errno;
      assert.equal((await engine.probe()).hung?.patience, 90_000, String(errno));
    }
  });

  it("speaks in an SQL mode of its own, on every connection, before anything else", async () => {
    await engine.probe();
    assert.match(server.statements[0]!, /^SET SESSION sql_mode = /);
  });

  describe("the password that members reach each other by", () => {
    const given = () =>
      server.statements
        .filter((sql) => sql.startsWith("CHANGE REPLICATION SOURCE"))
        .map((sql) => /PASSWORD = '(.*?)'/.exec(sql)?.[1]);

    it("is given before the group is joined, and not with its start, which would hold on to it", async () => {
      await engine.membership.join("c", []);
      assert.deepEqual(given(), ["first-replication-password"]);
      assert.ok(server.statements.includes("START GROUP_REPLICATION"));
    });

    it("is exchanged on every member that serves, as soon as the primary has set it", async () => {
      await engine.membership.join("c", []);
      await engine.reconcile("replica");
      secret("replication-password", "second");
      locked.add("stateful_replication");
      await engine.reconcile("replica");
      assert.equal(given().length, 1, "the one before goes on");
      now += 200_000;
      await engine.reconcile("replica");
      assert.match(notices.list()[0]!.text, /goes on with the one before/);
      locked.clear();
      now += 2_000;
      await engine.reconcile("replica");
      assert.deepEqual(given(), ["first-replication-password", "second"]);
      assert.deepEqual(notices.list(), []);
    });

    it("is set on a server that was out of the group when it changed, and by no transaction of the group's", async () => {
      locked.add("stateful_replication");
      await engine.membership.join("c", []);
      const from = server.statements.indexOf("SET sql_log_bin = 0");
      assert.ok(from > 0);
      assert.match(server.statements.slice(from).join("\n"), /ALTER USER 'stateful_replication'@'%'/);
      const last = server.statements.filter((sql) => sql.includes("super_read_only")).at(-1);
      assert.equal(last, "SET GLOBAL super_read_only = ON");
      server.failing = /^GRANT/;
      await assert.rejects(engine.membership.join("c", []), /cannot be done/);
      assert.equal(
        server.statements.filter((sql) => sql.includes("super_read_only")).at(-1),
        "SET GLOBAL super_read_only = ON",
      );
    });
  });
});
