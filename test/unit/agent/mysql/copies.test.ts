import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "../../../../agent/core/engine";
import type { Supervisor } from "../../../../agent/core/supervisor";
import { MySqlCopies } from "../../../../agent/mysql/copies";
import { MySqlReplay } from "../../../../agent/mysql/replay";
import type { RootConnection, Row } from "../../../../agent/mysql/sql";

const A = "3f8e4c1a-0000-4000-8000-000000000001";

/** A server that answers what it is told to, and whose statements are kept. */
class Server {
  said: string[] = [];
  answers: [RegExp, (values: unknown[]) => Row[]][] = [];
  running = true;
  root = {
    run: async (sql: string, values: unknown[] = []) => this.answer(sql, values),
    runLong: async (sql: string, values: unknown[] = []) => {
      if (sql === "SHUTDOWN") this.running = false;
      return this.answer(sql, values);
    },
  } as unknown as RootConnection;
  supervisor = {
    halt: async () => this.said.push("halt"),
    discard: async () => this.said.push("discard"),
    order: async (order: string) => this.said.push(`order ${order}`),
    report: async () => ({ running: this.running, failures: 0 }),
    log: async () => "",
  } as unknown as Supervisor;

  private answer(sql: string, values: unknown[]): Row[] {
    this.said.push(values.length === 0 ? sql : `${sql} ${JSON.stringify(values)}`);
    return this.answers.find(([pattern]) => pattern.test(sql))?.[1](values) ?? [];
  }
}

const member = (ordinal: number, role: Source["role"]): Source => ({
  ordinal,
  role,
  host: `orders-${ordinal}`,
  address: `10.0.0.${ordinal}`,
});

describe("backup: MySQL's full copies", () => {
  let server: Server;
  let directory: string;
  let asked: string[];
  let late: Record<number, number | Error>;
  let copies: MySqlCopies;

  beforeEach(() => {
    server = new Server();
    directory = mkdtempSync(join(tmpdir(), "copies-"));
    asked = [];
    late = {};
    copies = new MySqlCopies({
      root: server.root,
      supervisor: server.supervisor,
      credentials: undefined as never,
      prepareStart: async () => void server.said.push("prepare"),
      log: () => undefined,
      ask: async ({ ordinal }, sql, values) => {
        asked.push(`${ordinal}: ${sql.split(" ").slice(0, 2).join(" ")} ${JSON.stringify(values)}`);
        const answer = late[ordinal] ?? 0;
        if (answer instanceof Error) throw answer;
        return [sql.includes("WAIT_FOR") ? { late: answer } : { gtids: `${A}:1-9` }];
      },
    });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("begin on an empty directory, whatever one that was cut off left there", async () => {
    await copies.begin();
    assert.deepEqual(server.said, ["halt", "discard", "prepare", "order init", "SELECT 1"]);
  });

  it("are taken from the highest replica that has what the primary had, and else from the primary", async () => {
    const all = [member(0, "primary"), member(1, "replica"), member(2, "replica")];
    assert.equal((await copies.choose(all, false)).ordinal, 2);
    assert.match(asked[1] ?? "", new RegExp(`^2: SELECT WAIT_FOR.*${A}:1-9`));
    late[2] = 1;
    assert.equal((await copies.choose(all, false)).ordinal, 1);
    late[1] = new Error("nobody answers");
    assert.equal((await copies.choose(all, false)).ordinal, 0);
    assert.equal((await copies.choose(all, true)).ordinal, 0);
    await assert.rejects(copies.choose(all.slice(1), false), /there is no primary/);
    late[0] = new Error("the primary does not answer");
    await assert.rejects(copies.choose(all, false), /the primary does not answer/);
  });

  it("are where the server says that it is", async () => {
    server.answers = [[/gtid_executed/, () => [{ gtids: `${A}:1-5,\n${A}:7` }]]];
    assert.equal(await copies.position(), `${A}:1-5,${A}:7`);
  });

  it("are read table by table, and broken where one is: by its name", async () => {
    const tables = [
      { one: "app", other: "orders" },
      { one: "app", other: "odd`name" },
    ];
    let state = "OK";
    server.answers = [
      [/information_schema.tables/, () => tables],
      [/^CHECK TABLE `app`.`odd``name`/, () => [{ Msg_type: "status", Msg_text: state }]],
      [/^CHECK TABLE/, () => [{ Msg_type: "status", Msg_text: "OK" }]],
    ];
    await copies.verify();
    assert.equal(server.said.filter((sql) => sql.startsWith("CHECK TABLE")).length, 2);
    state = "Corrupt";
    await assert.rejects(copies.verify(), /the copy is broken: `app`.`odd``name`: Corrupt/);
    server.answers.splice(1, 1, [/^CHECK TABLE/, () => [{ Msg_type: "error", Msg_text: "Table is gone" }]]);
    await assert.rejects(copies.verify(), /Table is gone/);
  });

  it("answer with the first value, and with none where there is none", async () => {
    let rows: Row[] = [{ "COUNT(*) > 0": 1, other: 2 }];
    server.answers = [[/^SELECT x/, () => rows]];
    assert.equal(await copies.answer("SELECT x"), "1");
    for (rows of [[], [{ x: null }]]) assert.equal(await copies.answer("SELECT x"), undefined);
  });

  it("are without what is one server's own: identity, logs and keys at their root alone", async () => {
    mkdirSync(join(directory, "app"));
    for (const name of [
      "auto.cnf",
      "binlog.000001",
      "binlog.index",
      "relay.000002",
      "relay-log.index",
      "ca.pem",
    ])
      writeFileSync(join(directory, name), "");
    for (const name of ["ibdata1", "app/binlog.ibd", "mysql.ibd"]) writeFileSync(join(directory, name), "");
    await copies.finish(directory);
    assert.deepEqual(readdirSync(directory).sort(), ["app", "ibdata1", "mysql.ibd"]);
    assert.deepEqual(readdirSync(join(directory, "app")), ["binlog.ibd"]);
    assert.deepEqual(server.said, ["order hold", "SHUTDOWN"]);
  });
});

describe("backup: MySQL's replay", () => {
  const replayOn = (server: Server): MySqlReplay =>
    new MySqlReplay({
      root: server.root,
      supervisor: server.supervisor,
      prepareStart: async () => undefined,
    });

  function server({ error = "" } = {}): Server {
    const made = new Server();
    made.answers = [
      [/applier_status WHERE/, () => [{ state: "ON" }]],
      [/by_worker/, () => [{ error, busy: "" }]],
      [/COUNT\(\*\) AS waits/, () => [{ waits: 1 }]],
      [/gtid_executed/, () => [{ gtids: `${A}:1-9` }]],
    ];
    return made;
  }

  it("is by a number that no member has: a server passes over what it finds under its own, without a word", async () => {
    const made = server();
    await replayOn(made).run({ files: 2, before: `${A}:10`, position: `${A}:1-9` });
    const number = made.said.findIndex((sql) => sql.startsWith("SET GLOBAL server_id"));
    const start = made.said.findIndex((sql) => sql.startsWith("START REPLICA"));
    assert.ok(number >= 0 && number < start, "before anything is replayed");
    const [given = 0] = JSON.parse(made.said[number]!.replace(/^.*\?/, "")) as number[];
    assert.ok(given > 1_000, "members are numbered from 1 on");
    assert.match(made.said[start]!, /UNTIL SQL_BEFORE_GTIDS = \? \["3f8e.*:10"\]/);
  });

  it("says where the server came to, and not where it should have", async () => {
    const reached = await replayOn(server()).run({ files: 1, before: undefined, position: `${A}:1-12` });
    assert.equal(reached, `${A}:1-9`);
  });

  it("ends with the server's own words when that cannot go on", async () => {
    const failing = replayOn(server({ error: "relay log read failure" }));
    await assert.rejects(
      failing.run({ files: 1, before: undefined, position: `${A}:1-12` }),
      /relay log read failure/,
    );
  });

  it("needs no server where there is no log", async () => {
    const made = server();
    await replayOn(made).run({ files: 0, before: undefined, position: `${A}:1-9` });
    assert.ok(!made.said.some((sql) => /REPLICA|server_id/.test(sql)));
  });

  it("reads files in the order in which they were laid", async () => {
    const directory = mkdtempSync(join(tmpdir(), "replay-"));
    const replay = replayOn(server());
    for (const [file, text] of [
      [1, "a"],
      [1, "b"],
      [2, "c"],
    ] as const)
      await replay.lay(directory, file, Buffer.from(text));
    await replay.laid(directory, 2);
    assert.equal(readFileSync(join(directory, "relay.000001"), "utf8"), "ab");
    assert.equal(readFileSync(join(directory, "relay.index"), "utf8"), "./relay.000001\n./relay.000002\n");
    rmSync(directory, { recursive: true });
  });
});
