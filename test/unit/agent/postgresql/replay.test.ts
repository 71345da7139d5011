import * as assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logged, Stretch } from "../../../../agent/core/engine";
import { findTarget } from "../../../../agent/backup/target";
import type { Base, Piece, Written } from "../../../../agent/backup/events";
import { positions } from "../../../../agent/postgresql/archived";
import { PostgreSqlCopies } from "../../../../agent/postgresql/copies";
import {
  historyName,
  parseLsn,
  printHistory,
  printLsn,
  type Range,
  segmentName,
} from "../../../../agent/postgresql/lsn";
import type { PlainServer } from "../../../../agent/postgresql/plain-server";
import { PostgreSqlReplay } from "../../../../agent/postgresql/replay";
import { FakeWal, SEGMENT } from "./fake-wal";

const AT = 1_795_680_000_000_000;
const SECOND = 1_000_000;

/** A server in recovery: it comes to a place, stops before another, and is promoted. */
class FakeServer {
  readonly data: string;
  /** How far the log that it finds leads. */
  leads = 0;
  /** It takes no heed of where it is to stop. */
  heedless = false;
  /** What history it writes down when it is promoted. */
  history: Range[] = [];
  starts: Record<string, string>[] = [];
  ran: string[] = [];
  ended = 0;
  private settings: Record<string, string> | undefined;
  private promoted = false;

  constructor(folder: string) {
    this.data = join(folder, "data");
    mkdirSync(join(this.data, "pg_wal", "archive_status"), { recursive: true });
  }

  async clear(): Promise<void> {
    rmSync(this.data, { recursive: true });
  }
  async run(name: string, args: readonly string[]): Promise<string> {
    this.ran.push([name, ...args].join(" "));
    return "";
  }
  async start(settings: Record<string, string> = {}): Promise<void> {
    this.settings = settings;
    this.starts.push(settings);
  }
  async end(): Promise<void> {
    this.ended++;
    this.settings = undefined;
  }
  async hasEnded(): Promise<boolean> {
    return false;
  }
  async words(): Promise<string> {
    return "invalid record length at 0/1";
  }
  async ask(sql: string): Promise<Record<string, unknown>[]> {
    assert.ok(this.settings, "it runs");
    const stop = this.settings["recovery_target_lsn"];
    const paused = stop !== undefined && parseLsn(stop)! < this.leads && !this.heedless;
    const at = paused ? parseLsn(stop)! : this.leads;
    if (sql.includes("pg_promote")) {
      const last = Number(this.settings["recovery_target_timeline"]);
      const before = this.history.length > 0 ? this.history : [{ timeline: last, from: 0, to: at }];
      writeFileSync(join(this.data, "pg_wal", historyName(last + 1)), printHistory(before));
      this.promoted = true;
      return [{}];
    }
    if (sql.includes("AS timeline"))
      return [{ timeline: `0000000${Number(this.settings["recovery_target_timeline"]) + 1}` }];
    return [
      {
        recovery: !this.promoted,
        at: printLsn(at),
        pause: paused ? "paused" : "not paused",
        waits: paused ? "RecoveryPause" : "RecoveryRetrieveRetryInterval",
      },
    ];
  }
}

describe("postgresql: restoring", () => {
  let folder: string;
  let server: FakeServer;
  let replay: PostgreSqlReplay;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "replay-"));
    server = new FakeServer(folder);
    replay = new PostgreSqlReplay(server as unknown as PlainServer);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const path = (...ends: number[]): string =>
    ends.map((to, index) => `${index + 1}:${printLsn(ends[index - 1] ?? 0)}-${printLsn(to)}`).join(",");

  function stretch(wal: FakeWal, from: number, to: number, forked = 0): Stretch {
    const file = segmentName(wal.timeline, from, SEGMENT);
    const begins = from - (from % SEGMENT);
    const before = [...wal.history, { timeline: wal.timeline, from: forked, to: Math.max(from, forked) }];
    const print = (ranges: Range[]): string =>
      ranges
        .filter((one) => one.to > one.from)
        .map((one) => `${one.timeline}:${printLsn(one.from)}-${printLsn(one.to)}`)
        .join(",");
    return {
      file,
      head: `7300000000000000001.${SEGMENT}.${forked}`,
      from: from - begins,
      to: to - begins,
      before: print(before),
      after: print([...wal.history, { timeline: wal.timeline, from: forked, to }]),
    };
  }

  async function* inParts(bytes: Buffer, size = 5_000): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  const loggedIn = async (wal: FakeWal, one: Stretch): Promise<Logged[]> => {
    const begins = parseInt(one.file.slice(16), 16) * SEGMENT;
    const found: Logged[] = [];
    for await (const logged of replay.logged(inParts(wal.bytes(begins + one.from, begins + one.to)), one))
      found.push(logged);
    return found;
  };

  it("finds a stored log's transactions, by the numbers that the server gave them, with what lies before each", async () => {
    const wal = new FakeWal();
    wal.record();
    const first = wal.record({ committed: AT, transaction: 740 });
    const noise = wal.record({ bytes: 20_000 });
    const second = wal.record({ committed: AT + SECOND, transaction: 741 });
    const found = await loggedIn(wal, stretch(wal, SEGMENT, wal.at));
    assert.deepEqual(
      found.map(({ name, committed }) => [name, committed]),
      [
        ["740", AT],
        ["741", AT + SECOND],
      ],
    );
    assert.equal(found[1]!.before, `1:${printLsn(SEGMENT)}-${printLsn(noise.end)}`);
    assert.equal(found[1]!.transaction, `1:${printLsn(second.after)}-${printLsn(second.end)}`);
    assert.ok(first.end < noise.end);
  });

  it("takes what a timeline's first file begins with for what it is: another timeline's", async () => {
    const wal = new FakeWal();
    wal.record({ committed: AT, transaction: 1 });
    const next = wal.fork();
    next.record({ committed: AT + SECOND, transaction: 2 });
    const forked = next.history[0]!.to;
    const found = await loggedIn(next, stretch(next, SEGMENT, next.at, forked));
    assert.deepEqual(
      found.map(({ name }) => name),
      ["2"],
    );
    assert.equal(found[0]!.before, "");
  });

  describe("to a moment, by the catalogue", () => {
    const wal = new FakeWal();
    const ends = [0, 1, 2, 3].map((index) => {
      wal.record({ bytes: 300 });
      return wal.record({ committed: AT + index * SECOND, transaction: 100 + index });
    });
    const cut = ends[1]!.end;
    const pieces = [stretch(wal, SEGMENT, cut), stretch(wal, cut, wal.at)];
    const event = <E extends object>(value: E, index: number): E & { name: string; at: number } => ({
      ...value,
      name: String(index),
      at: index,
    });
    const parts = { parts: [], archived: "" };
    const events: Written[] = [
      event({ kind: "start", why: "life", position: path(SEGMENT), archived: "" }, 0),
      event({ ...base(path(ends[0]!.after)) } as Base, 1),
      event({ kind: "piece", ...pieces[0]!, first: AT, last: AT + SECOND, ...parts }, 2),
      event({ kind: "piece", ...pieces[1]!, first: AT + 2 * SECOND, last: AT + 3 * SECOND, ...parts }, 3),
      event(
        { kind: "restorable", until: AT / 1000 + 9_000, position: path(wal.at), archived: "" } as never,
        4,
      ),
    ];
    function base(position: string): object {
      const times = { started: 0, finished: 1 };
      return {
        kind: "base",
        tool: "restic",
        reference: "r",
        position,
        ...times,
        bytes: 1,
        version: "17",
        source: "0",
      };
    }
    const reader = (all = wal) => ({
      positions,
      mayHold: () => true,
      transactionsOf: (piece: Piece) => {
        const begins = parseInt(piece.file.slice(16), 16) * SEGMENT;
        return replay.logged(inParts(all.bytes(begins + piece.from, begins + piece.to)), piece);
      },
    });

    it("ends before the record of the first transaction that is too late, and after all that lies before it", async () => {
      const target = await findTarget(events, { time: AT / 1000 + 2_500 }, reader());
      assert.equal(target.position, path(ends[3]!.after));
      assert.equal(target.pieces.length, 2);
      assert.ok(target.before?.startsWith(`1:${printLsn(ends[3]!.after)}-`));
    });

    it("or of the transaction that is named by its number", async () => {
      const target = await findTarget(events, { beforeTransaction: "102" }, reader());
      assert.equal(target.position, path(ends[2]!.after));
      await assert.rejects(
        findTarget(events, { beforeTransaction: "999" }, reader()),
        /no log that is stored has the transaction 999/,
      );
    });

    it("or with the last that there is, and not where a stretch is missing", async () => {
      assert.equal((await findTarget(events, {}, reader())).position, path(wal.at));
      const holed = events.filter(({ name }) => name !== "2");
      await assert.rejects(findTarget(holed, {}, reader()), /something that was stored is missing/);
      await assert.rejects(
        findTarget(events, { time: AT / 1000 + 60_000 }, reader()),
        /after the last moment/,
      );
      const late = AT / 1000 - 1;
      await assert.rejects(
        findTarget(
          events.filter(({ kind }) => kind !== "base"),
          { time: late },
          reader(),
        ),
        /no full copy yet/,
      );
    });
  });

  it("lays each stretch where it belongs, into files of their size, beside what the copy brought", async () => {
    const wal = new FakeWal();
    for (let index = 0; index < 40; index++) wal.record({ committed: AT + index, bytes: 4_000 });
    const middle = SEGMENT + 10_000;
    writeFileSync(join(server.data, "pg_wal", segmentName(1, SEGMENT, SEGMENT)), wal.bytes(SEGMENT, middle));
    const one = stretch(wal, middle, wal.at);
    let at = 0;
    for await (const part of inParts(wal.bytes(middle, wal.at))) {
      await replay.lay(server.data, 1, part, one, at);
      at += part.length;
    }
    const names = readdirSync(join(server.data, "pg_wal"))
      .filter((name) => name.length === 24)
      .sort();
    const laid = Buffer.concat(names.map((name) => readFileSync(join(server.data, "pg_wal", name))));
    assert.equal(laid.length, names.length * SEGMENT);
    assert.ok(laid.subarray(0, wal.at - SEGMENT).equals(wal.bytes(SEGMENT, wal.at)));
    assert.equal(statSync(join(server.data, "pg_wal", names[1]!)).mode & 0o777, 0o600);
  });

  it("stops before what must not be there, and says in the server's own words where it came from", async () => {
    server.leads = 9_000;
    server.history = [
      { timeline: 1, from: 0, to: 5_000 },
      { timeline: 2, from: 5_000, to: 8_000 },
    ];
    const reached = await replay.run({ files: 1, before: "2:0/1F40-0/1F70", position: path(5_000, 8_000) });
    assert.equal(reached, path(5_000, 8_000));
    assert.equal(server.starts.length, 1);
    assert.deepEqual(server.starts[0], {
      restore_command: "",
      primary_conninfo: "",
      recovery_target_timeline: "2",
      recovery_target_lsn: printLsn(8_000),
      recovery_target_inclusive: "off",
      recovery_target_action: "pause",
    });
    assert.match(readFileSync(join(server.data, "pg_wal", historyName(2)), "utf8"), /^1\t0\/1388\t/);
    assert.ok(existsSync(join(server.data, "standby.signal")));
  });

  it("goes on without a place to stop at where there is nothing behind it", async () => {
    server.leads = 8_000;
    assert.equal(
      await replay.run({ files: 1, before: "1:0/1F40-0/1F70", position: path(8_000) }),
      path(8_000),
    );
    assert.equal(server.starts.length, 2);
    assert.equal(server.starts[1]!["recovery_target_lsn"], undefined);
    server = new FakeServer(folder);
    replay = new PostgreSqlReplay(server as unknown as PlainServer);
    server.leads = 8_000;
    assert.equal(await replay.run({ files: 1, before: undefined, position: path(8_000) }), path(8_000));
  });

  it("law 16: fails where the server came to less, or to more, than the catalogue demands", async () => {
    server.leads = 7_000;
    await assert.rejects(
      replay.run({ files: 1, before: undefined, position: path(8_000) }),
      /came to 0\/1B58.*demands 0\/1F40/,
    );
    server.leads = 9_000;
    server.heedless = true;
    await assert.rejects(
      replay.run({ files: 1, before: "1:0/1F40-0/1F70", position: path(8_000) }),
      /came to 0\/2328/,
    );
  });

  it("writes all of it to the disk before it counts", async () => {
    await replay.finish();
    assert.equal(server.ended, 1);
    assert.match(server.ran.join(), /initdb --sync-only/);
    assert.equal(server.starts.length, 1);
  });

  describe("a full copy", () => {
    const copies = (): PostgreSqlCopies =>
      new PostgreSqlCopies({
        server: server as unknown as PlainServer,
        control: join(folder, "control"),
        certificates: "/tls",
        credentials: { read: async () => "a:b\\c", find: async () => "a:b\\c" } as never,
        wanted: async () => ({ verifyMembers: true }) as never,
        log: () => undefined,
      });
    const member = { ordinal: 2, host: "orders-2", address: "10.0.0.2" };

    it("is verified, started once, and says at which position it is", async () => {
      server.leads = 3 * SEGMENT + 800;
      writeFileSync(
        join(server.data, "pg_wal", historyName(2)),
        printHistory([{ timeline: 1, from: 0, to: SEGMENT }]),
      );
      const made = copies();
      await assert.rejects(made.position(), /nothing was copied/);
      await made.from(member);
      assert.match(
        server.ran[0]!,
        /^pg_basebackup --dbname=host='10.0.0.2' port='5432' user='\S+' passfile='\S+'.* sslmode='verify-ca'/,
      );
      assert.ok(!server.ran.join().includes("a:b"), "no password is on a command line");
      assert.match(server.ran[1]!, /^pg_verifybackup/);
      assert.ok(!existsSync(join(folder, "control", "copy.pgpass")), "nor left behind");
      assert.equal(await made.position(), path(SEGMENT, 3 * SEGMENT + 800));
    });

    it("does not take another timeline's log for its own, where it ends before that begins", async () => {
      server.leads = 2 * SEGMENT;
      writeFileSync(
        join(server.data, "pg_wal", historyName(2)),
        printHistory([{ timeline: 1, from: 0, to: 3 * SEGMENT }]),
      );
      const made = copies();
      await made.from(member);
      assert.equal(await made.position(), path(2 * SEGMENT));
    });

    it("keeps nothing that looks like log beyond its position, or that is one server's alone", async () => {
      server.leads = 3 * SEGMENT + 800;
      const wal = (number: number): string =>
        join(server.data, "pg_wal", segmentName(1, number * SEGMENT, SEGMENT));
      for (const number of [2, 3, 4, 5]) writeFileSync(wal(number), Buffer.alloc(SEGMENT));
      for (const name of ["standby.signal", "backup_manifest", "PG_VERSION"])
        writeFileSync(join(server.data, name), "");
      const made = copies();
      await made.from(member);
      await made.finish(server.data);
      assert.deepEqual(
        [2, 3, 4, 5].map((number) => existsSync(wal(number))),
        [true, true, false, false],
      );
      assert.deepEqual(readdirSync(server.data).sort(), ["PG_VERSION", "pg_wal"]);
    });
  });
});
