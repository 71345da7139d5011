import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Users } from "../../../../agent/mysql/users";
import type { Row } from "../../../../agent/mysql/sql";

interface Account {
  mark: string | null;
  passwords: string[];
}

describe("agent: MySQL's further users", () => {
  let folder: string;
  let notices: Notices;
  let users: Users;
  let now: number;
  let statements: string[];
  let accounts: Map<string, Account>;
  let privileges: string[];
  let processes: Row[];
  let used: number;
  let failing: RegExp | undefined;

  const write = (key: string, value: string): void => {
    writeFileSync(join(folder, key), value);
  };
  const list = (listed: object[], databases: object[] = []): void => {
    write("users.json", JSON.stringify({ users: listed, databases }));
  };
  const texts = (): string[] => notices.list().map(({ text }) => text);
  const changes = (): string[] =>
    statements.filter((sql) => /^(CREATE|ALTER USER \S+ IDENTIFIED|GRANT|REVOKE|DROP|KILL)/.test(sql));

  /** What a server does with the statements that bear on it. */
  const run = async (sql: string, values: unknown[] = []): Promise<Row[]> => {
    const rest = [...values];
    const said = sql.replaceAll("?", () => String(rest.shift()));
    statements.push(said);
    if (failing?.test(said)) throw new Error("it cannot be done");
    const [user = "", password = ""] = values.map(String);
    if (sql.startsWith("CREATE USER")) {
      accounts.set(user, { mark: said.includes('"stateful":"user"') ? "user" : null, passwords: [password] });
    } else if (sql.includes("IDENTIFIED")) {
      const account = accounts.get(user)!;
      account.passwords = [String(values[2]), ...account.passwords.slice(0, 1)];
    } else if (sql.includes("DISCARD")) {
      accounts.get(user)!.passwords.length = 1;
    } else if (sql.startsWith("DROP USER")) accounts.delete(user);
    else if (sql.includes("ATTRIBUTE ?") && sql.startsWith("ALTER")) {
      accounts.get(user)!.mark = (JSON.parse(password) as { stateful: string }).stateful;
    } else if (sql.includes("user_attributes->>? AS mark")) {
      const account = accounts.get(String(values[1]));
      return account ? [{ mark: account.mark }] : [];
    } else if (sql.includes("IS NOT NULL")) {
      return [...accounts].filter(([, { mark }]) => mark !== null).map(([name]) => ({ name }));
    } else if (sql.startsWith("SELECT 1 FROM mysql.user")) return accounts.has(user) ? ([{}] as Row[]) : [];
    else if (sql.includes("SCHEMA_PRIVILEGES")) return privileges.map((privilege) => ({ privilege }));
    else if (sql.startsWith("SHOW PROCESSLIST")) return processes;
    else if (sql.includes("DEFINER")) return [{ used }];
    else if (sql.includes("server_uuid")) return [{ id: "directory" }];
    return [];
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "users-"));
    notices = new Notices();
    now = 0;
    statements = [];
    accounts = new Map([["app", { mark: null, passwords: ["app"] }]]);
    privileges = [];
    processes = [];
    used = 0;
    failing = undefined;
    users = new Users({
      root: { run },
      credentials: new Credentials(folder),
      canLogIn: async ({ user, password }) => accounts.get(user)?.passwords.includes(password) === true,
      notices,
      clock: () => now,
    });
    write("username", "app");
    write("user.reader.password", "one");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("leave everything as it is where nobody is listed, whoever is there", async () => {
    accounts.set("reader", { mark: "user", passwords: ["one"] });
    await users.reconcile();
    await users.endFormer();
    assert.deepEqual(changes(), []);
    assert.deepEqual(texts(), []);
  });

  it("are made once, with what is granted and no more", async () => {
    list([{ name: "reader", grants: { app: "read" } }]);
    await users.reconcile();
    assert.deepEqual(accounts.get("reader"), { mark: "user", passwords: ["one"] });
    assert.ok(changes().includes("GRANT SELECT, SHOW VIEW ON `app`.* TO reader@'%'"));
    const before = changes().length;
    await users.reconcile();
    assert.equal(changes().length, before);
  });

  it("lose what is beyond their grant only after they have it", async () => {
    privileges = ["SELECT", "INSERT", "USAGE"];
    list([{ name: "reader", grants: { app: "read", my_sales: "none" } }]);
    await users.reconcile();
    const rights = changes().filter((sql) => /^(GRANT|REVOKE)/.test(sql));
    assert.deepEqual(rights, [
      "GRANT SELECT, SHOW VIEW ON `app`.* TO reader@'%'",
      "REVOKE INSERT ON `app`.* FROM reader@'%'",
      "REVOKE SELECT, INSERT ON `my\\_sales`.* FROM reader@'%'",
    ]);
  });

  it("have the password before beside a rotated one, until it is revoked", async () => {
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    write("user.reader.password", "two");
    await users.reconcile();
    assert.deepEqual(accounts.get("reader")!.passwords, ["two", "one"]);
    write("revoke-previous", "true");
    await users.reconcile();
    assert.deepEqual(accounts.get("reader")!.passwords, ["two"]);
  });

  it("never touch an account of this name that the list did not make, also when it is to go", async () => {
    accounts.set("reader", { mark: null, passwords: ["theirs"] });
    for (const absent of [false, true]) {
      list([{ name: "reader", grants: absent ? {} : { app: "all" }, ...(absent ? { absent } : {}) }]);
      await users.reconcile();
      assert.deepEqual(accounts.get("reader"), { mark: null, passwords: ["theirs"] });
      assert.deepEqual(changes(), []);
      assert.match(texts()[0]!, /reader is left as it is: the server has an account of this name/);
    }
  });

  it("stay when they leave the list, which is told, and go where it says so", async () => {
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    list([], [{ name: "sales" }]);
    await users.reconcile();
    assert.ok(accounts.has("reader"));
    assert.deepEqual(texts(), ["the user reader is not listed any more, and stays"]);
    list([{ name: "reader", grants: {}, absent: true }]);
    await users.reconcile();
    assert.ok(!accounts.has("reader"));
    assert.deepEqual(texts(), []);
  });

  it("stay while views run with their rights, and go when none does any more", async () => {
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    used = 1;
    list([{ name: "reader", grants: {}, absent: true }]);
    await users.reconcile();
    assert.ok(accounts.has("reader"));
    assert.match(texts()[0]!, /reader is not removed: views/);
    used = 0;
    now = 29_000;
    await users.reconcile();
    assert.ok(accounts.has("reader"), "it is not asked all the while");
    now = 30_000;
    await users.reconcile();
    assert.ok(!accounts.has("reader"));
  });

  it("are nobody's concern on a member that is the primary no more, and looked at anew by one that is again", async () => {
    accounts.set("reader", { mark: null, passwords: ["theirs"] });
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    assert.equal(texts().length, 1);
    users.resign();
    assert.deepEqual(texts(), []);
    accounts.delete("reader");
    await users.reconcile();
    assert.ok(accounts.has("reader"));
  });

  it("are cut off on every member once they are gone, each once", async () => {
    processes = [
      { User: "reader", Id: 7 },
      { User: "app", Id: 8 },
    ];
    list([{ name: "reader", grants: {}, absent: true }]);
    accounts.set("reader", { mark: "user", passwords: [] });
    await users.endFormer();
    assert.deepEqual(changes(), []);
    accounts.delete("reader");
    await users.endFormer();
    await users.endFormer();
    assert.deepEqual(changes(), ["KILL CONNECTION 7"]);
  });

  it("are left as they are while their password is not there, and say so", async () => {
    accounts.set("reader", { mark: "user", passwords: ["kept"] });
    rmSync(join(folder, "user.reader.password"));
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    assert.deepEqual(accounts.get("reader")!.passwords, ["kept"]);
    assert.match(texts()[0]!, /waits for its password/);
    write("user.reader.password", "<password reader: generated by pulumi up>");
    await users.reconcile();
    assert.deepEqual(accounts.get("reader")!.passwords, ["kept"]);
    assert.match(texts()[0]!, /placeholder of rendered manifests/);
  });

  it("are an administrator's rights as long as they are asked for, and never those over the server", async () => {
    list([{ name: "reader", administrator: true, grants: {} }]);
    await users.reconcile();
    const [grant = ""] = changes().filter((sql) => sql.startsWith("GRANT"));
    assert.match(grant, /CREATE USER.* ON \*\.\* TO reader@'%' WITH GRANT OPTION$/);
    assert.doesNotMatch(
      grant,
      /SUPER|SYSTEM_|FILE|SHUTDOWN|CONNECTION_ADMIN|GROUP_|REPLICATION SLAVE|\bALL\b/,
    );
    assert.equal(accounts.get("reader")!.mark, "administrator");
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    assert.match(changes().at(-1)!, /^REVOKE .*, GRANT OPTION ON \*\.\* FROM reader@'%'$/);
    assert.equal(accounts.get("reader")!.mark, "user");
  });

  it("own databases, which are made and never dropped", async () => {
    list([{ name: "reader", grants: {} }], [{ name: "sales", owner: "reader" }, { name: "plain" }]);
    await users.reconcile();
    assert.deepEqual(
      changes().filter((sql) => !sql.includes("USER")),
      [
        "CREATE DATABASE IF NOT EXISTS `sales`",
        "GRANT ALL PRIVILEGES ON `sales`.* TO reader@'%'",
        "CREATE DATABASE IF NOT EXISTS `plain`",
        "GRANT ALL PRIVILEGES ON `plain`.* TO app@'%'",
      ],
    );
    list([{ name: "reader", grants: {} }]);
    await users.reconcile();
    assert.ok(!statements.some((sql) => sql.startsWith("DROP")));
  });

  it("do not wait for one another: what fails with one is said, and tried again", async () => {
    write("user.writer.password", "w");
    failing = /CREATE USER IF NOT EXISTS reader/;
    list([
      { name: "reader", grants: {} },
      { name: "writer", grants: { app: "write" } },
    ]);
    await users.reconcile();
    assert.ok(accounts.has("writer"));
    assert.deepEqual(texts(), ["the user reader is not as it is listed: it cannot be done"]);
    failing = undefined;
    now = 30_000;
    await users.reconcile();
    assert.ok(accounts.has("reader"));
    assert.deepEqual(texts(), []);
  });
});
