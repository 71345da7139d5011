import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Users } from "../../../../agent/postgresql/users";
import type { Row } from "../../../../agent/postgresql/sql";

describe("agent: PostgreSQL's further users", () => {
  let folder: string;
  let notices: Notices;
  let users: Users;
  let now: number;
  /** Each with the database that it was run in. */
  let statements: string[];
  /** Comments of the roles that are there. */
  let roles: Map<string, string>;
  let passwords: Map<string, string>;
  let owners: Map<string, string>;
  let failing: RegExp | undefined;

  const write = (key: string, value: string): void => {
    writeFileSync(join(folder, key), value);
  };
  const login = (user: string, name: string, password: string): void => {
    write(`user.${user}.username`, name);
    write(`user.${user}.password`, password);
  };
  const list = (listed: object[], databases: object[] = []): void => {
    write("users.json", JSON.stringify({ users: listed, databases }));
  };
  const texts = (): string[] => notices.list().map(({ text }) => text);
  const changes = (): string[] =>
    statements.filter((sql) => /^\w+: (CREATE|ALTER|COMMENT|GRANT|REVOKE|DROP|REASSIGN)/.test(sql));

  /** What a server does with the statements that bear on it. */
  const runIn =
    (database: string) =>
    async (sql: string, values: unknown[] = []): Promise<Row[]> => {
      statements.push(`${database}: ${sql}`);
      if (failing?.test(sql)) throw new Error("it cannot be done");
      const [, created] = /^CREATE ROLE "(\w+)"/.exec(sql) ?? [];
      if (created !== undefined) roles.set(created, "");
      for (const [, role = "", text = ""] of sql.matchAll(/COMMENT ON ROLE "(\w+)" IS '(.*?)'/g))
        roles.set(role, text);
      const [, role, password] = /^ALTER ROLE "(\w+)" LOGIN PASSWORD '(.*?)'/.exec(sql) ?? [];
      if (role !== undefined && password !== undefined) passwords.set(role, password);
      const [, ended] = /^ALTER ROLE "(\w+)" NOLOGIN PASSWORD NULL/.exec(sql) ?? [];
      if (ended !== undefined) passwords.delete(ended);
      const [, made, owner] = /^CREATE DATABASE "(\w+)" OWNER "(\w+)"/.exec(sql) ?? [];
      if (made !== undefined && owner !== undefined) owners.set(made, owner);
      if (sql.startsWith("DROP ROLE"))
        for (const [, gone = ""] of sql.matchAll(/"(\w+)"/g)) roles.delete(gone);
      if (sql.includes("AS comment")) {
        const comment = roles.get(String(values[0]));
        return comment === undefined ? [] : [{ comment: comment === "" ? null : comment }];
      }
      if (sql.includes("LIKE 'kept by")) {
        return [...roles].filter(([, text]) => text.startsWith("kept by")).map(([name]) => ({ name }));
      }
      if (sql.includes("rolname IN")) {
        return [...roles.keys()].filter((name) => sql.includes(`'${name}'`)).map((name) => ({ name }));
      }
      if (sql.includes("datname = $1")) {
        const found = owners.get(String(values[0]));
        return found === undefined ? [] : [{ owner: found }];
      }
      if (sql.includes("datallowconn")) return [...owners].map(([name, of]) => ({ name, owner: of }));
      if (sql.includes("pg_auth_members")) return [{}];
      if (sql.includes("pg_namespace")) return [{ name: "public" }];
      return [];
    };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "users-"));
    notices = new Notices();
    now = 0;
    statements = [];
    roles = new Map([["app", ""]]);
    passwords = new Map();
    owners = new Map([
      ["postgres", "postgres"],
      ["app", "app"],
    ]);
    failing = undefined;
    users = new Users({
      credentials: new Credentials(folder),
      notices,
      clock: () => now,
      server: {
        asAdministrator: async (database, work) => work(runIn(database)),
        canLogIn: async ({ user, password }) => passwords.get(user) === password,
      },
    });
    write("owner", "app");
    login("reader", "reader_a", "one");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("leave everything as it is where nobody is listed, whoever is there", async () => {
    roles.set("reader", "kept by stateful");
    await users.reconcile("directory");
    await users.endFormer();
    assert.deepEqual(changes(), []);
    assert.deepEqual(texts(), []);
  });

  it("are made with who logs in as them, and with what is granted, once", async () => {
    list([{ name: "reader", grants: { app: "read" } }]);
    await users.reconcile("directory");
    assert.deepEqual([...roles.keys()], ["app", "reader", "reader_a"]);
    assert.equal(passwords.get("reader_a"), "one");
    assert.ok(changes().includes(`postgres: ALTER ROLE "reader_a" SET role = 'reader'`));
    const [rights = ""] = changes().filter((sql) => sql.startsWith("app: "));
    assert.match(
      rights,
      /REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM "reader";\nGRANT SELECT ON ALL TABLES/,
    );
    assert.match(rights, /FOR ROLE "app" GRANT SELECT ON TABLES TO "reader"/);
    assert.match(rights, /GRANT CONNECT ON DATABASE "app" TO "reader"/);
    const before = changes().length;
    await users.reconcile("directory");
    assert.equal(changes().length, before);
  });

  it("have their rights given once for the data, and not once more by each new primary", async () => {
    list([{ name: "reader", grants: { app: "read" } }]);
    await users.reconcile("directory");
    const count = (): number => changes().filter((sql) => sql.startsWith("app: ")).length;
    assert.equal(count(), 1);
    await users.reconcile("seen by another agent");
    assert.equal(count(), 1);
    list([{ name: "reader", grants: { app: "write" } }]);
    await users.reconcile("directory");
    assert.equal(count(), 2);
  });

  it("log in by the other name after a rotation, and by the one before until it is revoked", async () => {
    list([{ name: "reader", grants: {} }]);
    await users.reconcile("directory");
    login("reader", "reader_b", "two");
    await users.reconcile("directory");
    assert.deepEqual(
      [...passwords],
      [
        ["reader_a", "one"],
        ["reader_b", "two"],
      ],
    );
    write("revoke-previous", "true");
    await users.reconcile("directory");
    assert.deepEqual([...passwords], [["reader_b", "two"]]);
  });

  it("log in by no other name, whatever the Secret says", async () => {
    login("reader", "postgres", "mine");
    list([{ name: "reader", grants: {} }]);
    await users.reconcile("directory");
    assert.deepEqual(changes(), []);
    assert.match(texts()[0]!, /the Secret calls it postgres: write one of reader, reader_a, reader_b/);
  });

  for (const taken of ["reader", "reader_b"]) {
    it(`never touch a role ${taken} that the list did not make, also when it is to go`, async () => {
      roles.set(taken, "somebody's");
      for (const absent of [false, true]) {
        list([{ name: "reader", grants: absent ? {} : { app: "all" }, ...(absent ? { absent } : {}) }]);
        await users.reconcile("directory");
        assert.equal(roles.get(taken), "somebody's");
        assert.deepEqual(changes(), []);
        assert.match(texts()[0]!, new RegExp(`the server has a role ${taken} that was not made`));
      }
    });
  }

  it("stay when they leave the list, which is told, and go where it says so; what they own stays", async () => {
    list([{ name: "reader", grants: {} }]);
    await users.reconcile("directory");
    list([], [{ name: "sales" }]);
    await users.reconcile("directory");
    assert.ok(roles.has("reader"));
    assert.deepEqual(texts(), ["the user reader is not listed any more, and stays"]);
    list([{ name: "reader", grants: {}, absent: true }]);
    await users.reconcile("directory");
    assert.deepEqual([...roles.keys()], ["app"]);
    for (const database of ["postgres", "app", "sales"]) {
      const [moved] = changes().filter((sql) => sql.startsWith(`${database}: REASSIGN`));
      assert.match(moved!, /TO "(app|postgres)";\nDROP OWNED BY/);
    }
    assert.ok(!statements.some((sql) => sql.includes("DROP DATABASE")));
  });

  it("are not removed while a database belongs to them", async () => {
    list([{ name: "reader", grants: {} }], [{ name: "sales", owner: "reader" }]);
    await users.reconcile("directory");
    assert.equal(owners.get("sales"), "reader");
    list([{ name: "reader", grants: {}, absent: true }]);
    await users.reconcile("directory");
    assert.ok(roles.has("reader"));
    assert.match(texts()[0]!, /reader is not removed: sales belongs to it/);
    owners.set("sales", "app");
    now = 30_000;
    await users.reconcile("directory");
    assert.ok(!roles.has("reader"));
  });

  it("are administrators as long as it is asked for, and never superusers", async () => {
    list([{ name: "reader", administrator: true, grants: {} }]);
    await users.reconcile("directory");
    assert.ok(changes().includes(`postgres: ALTER ROLE "reader" CREATEROLE CREATEDB`));
    assert.ok(changes().includes(`postgres: GRANT "app" TO "reader"`));
    assert.doesNotMatch(
      changes().join("\n"),
      /SUPERUSER|REPLICATION|BYPASSRLS|pg_(read|write)_(all|server)|pg_execute/,
    );
    list([{ name: "reader", grants: {} }]);
    await users.reconcile("directory");
    assert.ok(changes().includes(`postgres: ALTER ROLE "reader" NOCREATEROLE NOCREATEDB`));
    assert.ok(changes().includes(`postgres: REVOKE "app" FROM "reader"`));
  });

  it("leave a database to whom it belongs unless the list names another owner", async () => {
    owners.set("sales", "somebody");
    list([], [{ name: "sales" }]);
    await users.reconcile("directory");
    assert.ok(!changes().some((sql) => sql.includes("OWNER TO")));
    list([], [{ name: "sales", owner: "app" }]);
    await users.reconcile("directory");
    assert.ok(changes().includes(`postgres: ALTER DATABASE "sales" OWNER TO "app"`));
  });

  it("are cut off on every member once they may not log in, and nobody is asked before", async () => {
    const ends = (): number => statements.filter((sql) => sql.includes("pg_terminate_backend")).length;
    list([{ name: "reader", grants: {} }]);
    await users.endFormer();
    assert.equal(ends(), 0);
    list([{ name: "reader", grants: {}, absent: true }]);
    now = 10_000;
    await users.endFormer();
    await users.endFormer();
    assert.equal(ends(), 1);
  });

  it("do not wait for one another: what fails with one is said, and tried again", async () => {
    login("writer", "writer_a", "w");
    failing = /CREATE ROLE "reader"/;
    list([
      { name: "reader", grants: {} },
      { name: "writer", grants: {} },
    ]);
    await users.reconcile("directory");
    assert.equal(passwords.get("writer_a"), "w");
    assert.deepEqual(texts(), ["the user reader is not as it is listed: it cannot be done"]);
    failing = undefined;
    now = 30_000;
    await users.reconcile("directory");
    assert.equal(passwords.get("reader_a"), "one");
    assert.deepEqual(texts(), []);
  });
});
