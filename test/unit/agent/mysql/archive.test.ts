import * as assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogHole, Stretch } from "../../../../agent/core/engine";
import { BinaryLogs } from "../../../../agent/mysql/archive";
import { type Beginning, headOf, Scanner } from "../../../../agent/mysql/binlog";

const UUID = "cae171fb-e96f-11f1-94cb-02fc00000001";
const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
const set = (last: number): string => (last === 0 ? "" : `${UUID}:${last === 1 ? "1" : `1-${last}`}`);

function event(type: number, body: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(19);
  header.writeUInt32LE(1_795_680_000, 0);
  header.writeUInt8(type, 4);
  header.writeUInt32LE(19 + body.length, 9);
  header.writeUInt16LE(flags, 17);
  return Buffer.concat([header, body]);
}

/** A transaction as the server logs it: its GTID event, and events with `bytes` of content. */
function transaction(number: number, { committed = 1_000 + number, original = 0, bytes = 50 } = {}): Buffer {
  const body = Buffer.alloc(42 - 19 + 19 + 14);
  Buffer.from(UUID.replaceAll("-", ""), "hex").copy(body, 1);
  body.writeBigInt64LE(BigInt(number), 17);
  body.writeUIntLE(committed, 42, 6);
  if (original > 0) {
    body.writeUInt8(0x80, 48);
    body.writeUIntLE(original, 49, 6);
  }
  return Buffer.concat([event(33, body), event(2, Buffer.alloc(bytes, 7))]);
}

/** A file: its first two events, and transactions. */
function logFile(...transactions: Buffer[]): Buffer {
  return Buffer.concat([MAGIC, event(15, Buffer.alloc(80)), event(35, Buffer.alloc(20)), ...transactions]);
}

describe("mysql: binary logs", () => {
  // Of a server 9.7.4: two statements that make a database and a table, a row, and a row in a transaction with a tag.
  const real = Buffer.from(readFileSync(join(__dirname, "binlog.base64"), "utf8"), "base64");

  it("of a real server tell where transactions begin and when they were committed", () => {
    const found = new Scanner(0).feed(real);
    assert.deepEqual(
      found.map(({ gtid }) => gtid),
      [`${UUID}:1`, `${UUID}:2`, `${UUID}:3`, undefined],
    );
    const times = found.map(({ committed }) => committed);
    assert.deepEqual(times, [...times].sort());
    assert.equal(new Date(times[0]! / 1000).toISOString(), "2026-11-26T08:05:08.722Z");
    assert.equal(times[3], undefined);
  });

  it("tell the same in pieces of any size, and from any event on", () => {
    const whole = new Scanner(0).feed(real);
    for (const size of [1, 3, 19, 20, 64, 1000]) {
      const scanner = new Scanner(0);
      const found: Beginning[] = [];
      for (let at = 0; at < real.length; at += size)
        found.push(...scanner.feed(real.subarray(at, at + size)));
      assert.deepEqual(found, whole, `${size}`);
    }
    const from = whole[1]!.at;
    assert.deepEqual(new Scanner(from).feed(real.subarray(from)), whole.slice(1));
  });

  it("take the time of the first commit where a transaction came from elsewhere", () => {
    const file = logFile(
      transaction(1, { committed: 9_000, original: 8_000 }),
      transaction(2, { committed: 9_500 }),
    );
    assert.deepEqual(
      new Scanner(0).feed(file).map(({ committed }) => committed),
      [8_000, 9_500],
    );
  });

  it("are told from another file of the same name, and from the same one while it was written to", () => {
    const closed = Buffer.concat([MAGIC, event(15, Buffer.alloc(80, 1))]);
    const open = Buffer.concat([MAGIC, event(15, Buffer.alloc(80, 1), 1)]);
    assert.equal(headOf(open, ""), headOf(closed, ""));
    assert.notEqual(headOf(closed, ""), headOf(closed, set(3)));
    assert.notEqual(headOf(closed, ""), headOf(Buffer.concat([MAGIC, event(15, Buffer.alloc(80, 2))]), ""));
  });

  it("are refused where they are encrypted, or are something else", () => {
    assert.throws(() => new Scanner(0).feed(Buffer.from("fd62696e00000000", "hex")), /binlog_encryption/);
    assert.throws(() => new Scanner(0).feed(Buffer.alloc(100)), /no binary log/);
    assert.throws(() => new Scanner(4).feed(Buffer.alloc(100)), /no event of a binary log begins at byte 4/);
  });
});

describe("mysql: the log that is stored", () => {
  let folder = "";
  let files: { name: string; previous: string; content: Buffer }[] = [];
  let status = { executed: "", position: 0 };
  let purged = "";
  let statements: string[] = [];
  let purging = { value: "ON", source: "COMPILED" };
  let logs: BinaryLogs;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stateful-binlog-"));
    statements = [];
    purged = "";
    purging = { value: "ON", source: "COMPILED" };
    logs = new BinaryLogs({ run });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    statements.push([sql.replaceAll(/\s+/g, " "), ...values].join(" "));
    if (sql.includes("log_bin_basename")) return [{ base: join(folder, "binlog") }];
    if (sql.includes("gtid_purged")) return [{ purged: purged.replaceAll(",", ",\n") }];
    if (sql.includes("gtid_executed")) return [{ executed: status.executed.replaceAll(",", ",\n") }];
    if (sql.includes("log_status")) {
      const [file] = files.slice(-1);
      const local = {
        gtid_executed: status.executed,
        binary_log_file: file!.name,
        binary_log_position: status.position,
      };
      return [{ local: JSON.stringify(local) }];
    }
    if (sql.startsWith("SHOW BINLOG EVENTS")) {
      const { previous } = files.find(({ name }) => name === values[0])!;
      return [
        { Event_type: "Format_desc", Info: "" },
        { Event_type: "Previous_gtids", Info: previous },
      ];
    }
    if (sql.includes("auto_purge'")) return [purging];
    if (sql.includes("expire_logs_seconds")) return [{ seconds: "3600" }];
    return [];
  }

  /** @param executed - what is committed; the rest of the last file is written and not yet that. */
  function lay(executed: number, ...contents: [previous: number, content: Buffer][]): void {
    files = contents.map(([previous, content], index) => ({
      name: `binlog.00000${index + 1}`,
      previous: set(previous),
      content,
    }));
    for (const { name, content } of files) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, "binlog.index"), files.map(({ name }) => `./${name}\n`).join(""));
    status = { executed: set(executed), position: files.at(-1)!.content.length };
  }

  async function stretch(archived: string, stored: Stretch[] = []): Promise<Stretch> {
    const next = await logs.next(archived, stored);
    assert.ok(next && !("hole" in next), JSON.stringify(next));
    return next;
  }

  it("goes up to what is committed: what is only written may be another transaction after a loss of power", async () => {
    lay(2, [0, logFile(transaction(1), transaction(2), transaction(3), transaction(4))]);
    const next = await stretch("");
    assert.equal(next.after, set(2));
    assert.equal(next.to, logFile(transaction(1), transaction(2)).length);
    assert.deepEqual([next.first, next.last], [1_001, 1_002]);
    status.executed = set(4);
    const rest = await stretch(next.after, [next]);
    assert.deepEqual(
      [rest.from, rest.to, rest.before, rest.after],
      [next.to, status.position, set(2), set(4)],
    );
    assert.equal(await logs.next(rest.after, [rest, next]), undefined);
  });

  it("begins with the last file all before which is stored, and goes on where it was", async () => {
    const first = logFile(transaction(1), transaction(2));
    const second = logFile(transaction(3), transaction(4));
    lay(5, [0, first], [2, second], [4, logFile(transaction(5))]);
    const next = await stretch(set(3));
    assert.deepEqual(
      [next.file, next.from, next.to, next.before, next.after],
      ["binlog.000002", 0, second.length, set(2), set(4)],
    );
    const last = await stretch(set(4), [next]);
    assert.deepEqual([last.file, last.after], ["binlog.000003", set(5)]);
    assert.equal((await logs.read(last, 0, 4)).toString("hex"), MAGIC.toString("hex"));
  });

  it("begins with what a copy brought, which no file has or names", async () => {
    // As a server writes it that was started on a restored copy of 1 to 9: its first file says that nothing came before.
    lay(12, [0, logFile(transaction(10))], [0, logFile(transaction(11), transaction(12))]);
    files[1]!.previous = `${UUID}:10`;
    purged = set(9);
    const began = await logs.begin();
    assert.equal(began, set(9));
    let archived = began;
    for (let stored: Stretch[] = []; archived !== (await logs.position());) {
      const next = (await logs.next(archived, stored)) as Stretch;
      assert.equal(next.before, archived);
      archived = next.after;
      stored = [next];
    }
    assert.equal(archived, set(12));
  });

  it("shows a hole where what a copy brought is not stored: no file would show it", async () => {
    lay(12, [0, logFile(transaction(11), transaction(12))]);
    purged = set(10);
    const next = (await logs.next(set(5), [])) as LogHole;
    assert.deepEqual([next.hole, next.after], [true, set(10)]);
    // A restart of the server begins a file that names what this one logged, and no more.
    lay(13, [0, logFile(transaction(11), transaction(12))], [0, logFile(transaction(13))]);
    files[1]!.previous = `${UUID}:11-12`;
    assert.equal(((await logs.next(`${UUID}:1-5:11-12`, [])) as LogHole).after, set(10));
    assert.equal(((await logs.next(set(12), [])) as Stretch).after, set(13));
  });

  it("shows a hole where the oldest file begins beyond what is stored", async () => {
    lay(5, [3, logFile(transaction(4), transaction(5))]);
    const hole = (await logs.next(set(2), [])) as LogHole;
    assert.deepEqual([hole.hole, hole.after, hole.until], [true, set(3), 1_795_680_000_000]);
    assert.equal(await logs.begin(), set(3));
  });

  it("stores the file anew when it is another one of the same name, or has become shorter", async () => {
    lay(2, [0, logFile(transaction(1), transaction(2))]);
    const next = await stretch("");
    assert.equal((await stretch("", [{ ...next, head: "another" }])).from, 0);
    lay(1, [0, logFile(transaction(1))]);
    assert.equal((await stretch("", [next])).from, 0);
  });

  it("says so when a file is shorter than it was a moment ago", async () => {
    lay(1, [0, logFile(transaction(1))]);
    const next = await stretch("");
    truncateSync(join(folder, next.file), next.to - 1);
    await assert.rejects(logs.read(next, 0, next.to), /shorter/);
  });

  it("stores a long file in stretches that end between transactions", async () => {
    const many = Array.from({ length: 9 }, (_, index) => transaction(index + 1, { bytes: 10 * 1024 * 1024 }));
    lay(9, [0, logFile(...many)]);
    const next = await stretch("");
    assert.equal(next.after, set(7));
    const rest = await stretch(next.after, [next]);
    assert.deepEqual([rest.from, rest.to, rest.after], [next.to, status.position, set(9)]);
  });

  it("says all of what is committed of a log with tags, whose numbers it does not read", async () => {
    const tagged = Buffer.concat([event(42, Buffer.alloc(60, 3)), event(2, Buffer.alloc(50, 7))]);
    lay(1, [0, logFile(transaction(1), tagged)]);
    status.executed = `${UUID}:1:shop:1`;
    const next = await stretch("");
    assert.equal(next.after, `${UUID}:1,${UUID}:shop:1`);
    assert.equal(await logs.next(next.after, [next]), undefined);
  });

  it("counts what is not stored, and gives up the oldest of that, never the file that is written to", async () => {
    const file = logFile(transaction(1, { bytes: 1000 }));
    lay(4, [0, file], [1, file], [2, file], [3, file]);
    assert.equal(await logs.backlog(set(2)), 2 * file.length);
    assert.equal(await logs.release(set(1), 2 * file.length), true);
    assert.deepEqual(
      statements.filter((one) => one.startsWith("PURGE")),
      ["PURGE BINARY LOGS TO ? binlog.000003"],
    );
    assert.equal(await logs.release(set(1), 1), true);
    assert.equal(
      statements.filter((one) => one.startsWith("PURGE")).at(-1),
      "PURGE BINARY LOGS TO ? binlog.000004",
    );
    assert.equal(await logs.release(set(3), 1), false);
  });

  it("deletes what is stored and older than the server would keep it, and nothing else", async () => {
    const file = logFile(transaction(1));
    lay(4, [0, file], [1, file], [2, file], [3, file]);
    const age = (index: number, seconds: number): void => {
      const time = Date.now() / 1000 - seconds;
      utimesSync(join(folder, files[index]!.name), time, time);
    };
    await logs.expire(set(4));
    assert.deepEqual(
      statements.filter((one) => one.startsWith("PURGE")),
      [],
    );
    for (const index of [0, 1, 2]) age(index, 7200);
    await logs.expire(set(2));
    assert.deepEqual(
      statements.filter((one) => one.startsWith("PURGE")),
      ["PURGE BINARY LOGS TO ? binlog.000003"],
    );
  });

  it("keeps the server from deleting logs by age, and gives that back", async () => {
    const sets = (): string[] => statements.filter((one) => one.startsWith("SET"));
    await logs.keep(false);
    assert.deepEqual(sets(), []);
    await logs.keep(true);
    assert.deepEqual(sets(), ["SET GLOBAL binlog_expire_logs_auto_purge = OFF"]);
    purging = { value: "OFF", source: "DYNAMIC" };
    await logs.keep(true);
    assert.equal(sets().length, 1);
    await logs.keep(false);
    assert.equal(sets().at(-1), "SET GLOBAL binlog_expire_logs_auto_purge = ON");
    // What somebody wants in the settings stays.
    const other = new BinaryLogs({ run });
    purging = { value: "OFF", source: "EXPLICIT" };
    await other.keep(false);
    assert.equal(sets().length, 2);
    // Of an agent before, whose backup was taken away meanwhile.
    const later = new BinaryLogs({ run });
    purging = { value: "OFF", source: "COMMAND_LINE" };
    await later.keep(false);
    assert.equal(sets().length, 3);
  });
});
