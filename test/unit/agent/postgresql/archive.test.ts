import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogHole, Stretch } from "../../../../agent/core/engine";
import { WalArchive } from "../../../../agent/postgresql/archive";
import { positions } from "../../../../agent/postgresql/archived";
import {
  parseHistory,
  parseLsn,
  printHistory,
  printLsn,
  segmentName,
} from "../../../../agent/postgresql/lsn";
import { type Commit, WalReader } from "../../../../agent/postgresql/wal";
import { FakeWal, SEGMENT } from "./fake-wal";

const SCRIPT = join(__dirname, "../../../../components/postgresql/scripts/archive.sh");
const AT = 1_795_680_000_000_000;
const first = (wal: FakeWal, to: number): string => `${wal.timeline}:0/0-${printLsn(to)}`;

/** Many transactions, some of them over the end of a page or a file. */
function busy(count: number): { wal: FakeWal; ends: number[] } {
  const wal = new FakeWal();
  const ends: number[] = [];
  for (let index = 0; index < count; index++) {
    wal.record({ bytes: (index * 397) % 9_000 });
    ends.push(wal.record({ committed: AT + index, transaction: 100 + index }).end);
  }
  return { wal, ends };
}

describe("postgresql: a position in the log that is stored", () => {
  const { contains, unite } = positions;

  it("holds what leads to it, and nothing that another timeline has at the same place", () => {
    const path = "1:0/0-0/3000000,2:0/3000000-0/5000000";
    assert.equal(contains(path, "1:0/0-0/2000000"), true);
    assert.equal(contains(path, path), true);
    assert.equal(contains(path, ""), true);
    assert.equal(contains("", path), false);
    assert.equal(contains(path, "1:0/0-0/3000028"), false, "what the lost primary alone had");
    assert.equal(contains(path, "1:0/0-0/2000000,2:0/2000000-0/5000000"), false, "another fork");
    assert.equal(contains("1:0/0-0/5000000", path), false);
  });

  it("grows without a hole, or shows that there is one", () => {
    assert.equal(unite("1:0/0-0/3000000", "1:0/0-0/2000000,1:0/3000000-0/4000000"), "1:0/0-0/4000000");
    assert.equal(unite("1:0/0-0/3000000", "1:0/3000028-1/0"), "1:0/0-0/3000000,1:0/3000028-1/0");
    assert.equal(unite("", "1:0/0-0/3000000"), "1:0/0-0/3000000");
    assert.throws(() => contains("1:0/0", ""), /1:0\/0 is no position/);
  });

  it("is named as the server names places, files and timelines", () => {
    assert.equal(parseLsn("2A/300C0FFE"), 0x2a_300c_0ffe);
    assert.equal(printLsn(0x2a_300c_0ffe), "2A/300C0FFE");
    assert.equal(segmentName(3, 0x2a_300c_0ffe, 16 * 2 ** 20), "000000030000002A00000030");
    const history = "1\t0/3000060\tno recovery target specified\n\n2\t1/0\tbefore 2026\n";
    assert.equal(
      printHistory(parseHistory(history)).replace(/as it was stored/g, "x"),
      "1\t0/3000060\tx\n2\t1/0\tx\n",
    );
    assert.throws(() => parseHistory("1\tnowhere\n"), /no place in the log/);
  });
});

describe("postgresql: the records of a log", () => {
  const { wal, ends } = busy(60);
  const read = (from: number, size: number, to = wal.at): { reader: WalReader; commits: Commit[] } => {
    const reader = new WalReader(from, SEGMENT);
    const commits: Commit[] = [];
    for (let at = from; at < to; at += size)
      commits.push(...reader.read(wal.bytes(at, Math.min(to, at + size))));
    return { reader, commits };
  };

  it("tell which transactions were committed when, and where each record ends, in parts of any size", () => {
    const { reader, commits } = read(SEGMENT, wal.at);
    assert.deepEqual(
      commits.map(({ end }) => end),
      ends,
    );
    assert.deepEqual(
      commits.map(({ committed }) => committed - AT),
      ends.map((_, index) => index),
    );
    assert.equal(commits[5]?.transaction, 105);
    assert.equal(reader.end, wal.at);
    for (const size of [1, 5, 24, 4_096, 8_193])
      assert.deepEqual(read(SEGMENT, size).commits, commits, `${size}`);
  });

  it("are found from any record's end, and from the beginning of a file that one reaches into", () => {
    assert.deepEqual(
      read(ends[20]!, 1_000).commits.map(({ end }) => end),
      ends.slice(21),
    );
    const { reader, commits } = read(2 * SEGMENT, 1_000);
    assert.ok(reader.first! >= 2 * SEGMENT && reader.first! <= commits[0]!.end);
    assert.deepEqual(
      commits.map(({ end }) => end),
      ends.filter((end) => end > reader.first!),
    );
  });

  it("end where the last whole one does, wherever the server has written to", () => {
    for (let to = SEGMENT + 100; to < wal.at; to += 776) {
      const { reader } = read(SEGMENT, 4_096, to);
      assert.ok((reader.end ?? 0) <= to);
    }
  });

  it("go on after the empty rest of a file that was closed early", () => {
    const closed = new FakeWal();
    closed.record({ committed: AT });
    closed.switchFile();
    assert.equal(closed.at, 2 * SEGMENT);
    closed.record({ committed: AT + 1 });
    const reader = new WalReader(SEGMENT, SEGMENT);
    assert.equal(reader.read(closed.bytes(SEGMENT, closed.at)).length, 2);
    assert.equal(reader.end, closed.at);
  });

  it("are not guessed where there are none", () => {
    const reader = new WalReader(wal.at, SEGMENT);
    assert.throws(() => reader.read(Buffer.alloc(200)), /no record at/);
    assert.throws(() => read(SEGMENT, wal.at).reader.read(Buffer.alloc(20_000)), /no record at|is not there/);
  });
});

describe("postgresql: a log that is stored", () => {
  let folder: string;
  let wal: FakeWal;
  let ends: number[];
  let standing: Record<string, unknown>[];
  let archive: WalArchive;
  let asked: string[];
  let now = 0;
  const file = (): string => readFileSync(join(folder, "control", "archived"), "utf8").trim();
  const log = (): string => join(folder, "data", "pg_wal");

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wal-"));
    mkdirSync(join(folder, "control"));
    asked = [];
    ({ wal, ends } = busy(60));
    wal.write(log());
    standing = wal.standing();
    archive = new WalArchive({
      volume: folder,
      control: join(folder, "control"),
      ask: async (sql) => {
        asked.push(sql);
        return standing;
      },
      clock: () => (now += 500),
      now: () => 5_000_000_000_000,
      pause: async () => undefined,
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const stretch = async (archived: string): Promise<Stretch> => {
    const next = await archive.next(archived);
    assert.ok(next && !("hole" in next));
    return next;
  };
  const contentOf = async (one: Stretch): Promise<Buffer> => archive.read(one, one.from, one.to - one.from);

  it("begins with the oldest file that is there, and ends with the last record that is on disk", async () => {
    const begin = await archive.begin();
    assert.equal(begin, first(wal, SEGMENT));
    const one = await stretch(begin);
    assert.equal(one.after, first(wal, wal.at));
    assert.equal(await archive.position(), one.after);
    assert.deepEqual([one.first, one.last], [AT, AT + 59]);
    assert.deepEqual(await contentOf(one), wal.bytes(SEGMENT, wal.at));
    assert.equal(await archive.next(one.after), undefined);
    // In the middle of a record: it is not there yet.
    standing = wal.standing({ flushed: ends[30]! - 8 });
    assert.ok(positions.contains(first(wal, ends[30]! - 8), await archive.position()));
    assert.ok(positions.contains(await archive.position(), first(wal, ends[29]!)));
  });

  it("goes on where what is stored ends", async () => {
    standing = wal.standing({ flushed: ends[20]! });
    const one = await stretch(await archive.begin());
    standing = wal.standing();
    const two = await stretch(one.after);
    assert.equal(two.before, one.after);
    assert.equal(
      Buffer.concat([await contentOf(one), await contentOf(two)]).equals(wal.bytes(SEGMENT, wal.at)),
      true,
    );
  });

  it("is stored up to what would survive the loss of the primary, and no further", async () => {
    const names = 'ANY 2 ("orders-1","orders-2","orders-3")';
    standing = wal.standing({ names, confirmed: [wal.at, ends[10]!, 0] });
    const one = await stretch(await archive.begin());
    assert.equal(one.after, first(wal, ends[10]!));
    await assert.rejects(archive.next(one.after), /too few other members/);
    standing = wal.standing({ names: '"no-member"' });
    await assert.rejects(archive.next(one.after), /too few other members/);
  });

  it("goes on on the timeline of a new primary, whose first file has what came before", async () => {
    const fork = ends[40]!;
    const next = wal.fork(fork);
    const end = next.record({ committed: AT + 1_000 }).end;
    rmSync(log(), { recursive: true });
    next.write(log());
    standing = next.standing();
    const stored = first(wal, ends[35]!);
    const rest = await stretch(stored);
    assert.equal(rest.after, first(wal, fork));
    const one = await stretch(rest.after);
    assert.equal(one.after, `1:0/0-${printLsn(fork)},2:${printLsn(fork)}-${printLsn(end)}`);
    assert.equal(one.file, segmentName(2, fork, SEGMENT));
    assert.equal(one.from, 0);
    assert.deepEqual(await contentOf(one), next.bytes(fork - (fork % SEGMENT), end));
    assert.notEqual(one.head, rest.head);
    // What the former primary alone had written is not in this history.
    assert.equal(positions.contains(await archive.position(), first(wal, wal.at)), false);
  });

  it("has a hole where files are gone that were not stored", async () => {
    rmSync(log(), { recursive: true });
    wal.write(log(), { from: 3 * SEGMENT });
    utimesSync(join(log(), segmentName(1, 3 * SEGMENT, SEGMENT)), 1_000, 1_000);
    const hole = (await archive.next(first(wal, ends[1]!))) as LogHole;
    assert.equal(hole.hole, true);
    assert.equal(hole.until, 1_000_000);
    assert.ok(positions.contains(hole.after, first(wal, 3 * SEGMENT)));
    assert.equal((await stretch(hole.after)).after, first(wal, wal.at));
  });

  it("is refused when a file under that name is not what it was", async () => {
    const one = await stretch(await archive.begin());
    writeFileSync(join(log(), segmentName(1, SEGMENT, SEGMENT)), wal.bytes(2 * SEGMENT, 3 * SEGMENT));
    await assert.rejects(contentOf(one), /is not what it was/);
    rmSync(join(log(), segmentName(1, SEGMENT, SEGMENT)));
    await assert.rejects(contentOf(one), /is not there/);
  });

  describe("is kept by the server", () => {
    const ready = (...numbers: number[]): void => {
      for (const number of numbers) {
        writeFileSync(
          join(log(), "archive_status", `${segmentName(1, number * SEGMENT, SEGMENT)}.ready`),
          "",
        );
      }
    };

    it("until it is stored, or the database has no backup", async () => {
      await archive.keep(false);
      assert.equal(file(), "all");
      await archive.keep(true);
      assert.equal(file(), "none");
      await archive.acknowledge(first(wal, 3 * SEGMENT + 8));
      assert.equal(file(), segmentName(1, 2 * SEGMENT, SEGMENT));
      await archive.keep(true);
      assert.equal(file(), segmentName(1, 2 * SEGMENT, SEGMENT));
      await archive.acknowledge(
        `1:0/0-${printLsn(3 * SEGMENT + 8)},2:${printLsn(3 * SEGMENT + 8)}-${printLsn(4 * SEGMENT)}`,
      );
      assert.equal(file(), segmentName(2, 3 * SEGMENT, SEGMENT));
    });

    it("and no longer than there is room, the oldest first", async () => {
      ready(1, 2, 3, 4);
      const stored = first(wal, 2 * SEGMENT);
      assert.equal(await archive.backlog(stored), 3 * SEGMENT);
      assert.equal(await archive.release(stored, 4 * SEGMENT), false);
      assert.equal(await archive.release(stored, 2 * SEGMENT), true);
      assert.equal(file(), segmentName(1, 2 * SEGMENT, SEGMENT));
      assert.equal(await archive.backlog(stored), 2 * SEGMENT);
      // It is not given up once more.
      assert.equal(await archive.release(stored, 2 * SEGMENT), false);
      assert.ok(!asked.includes("CHECKPOINT"));
      await archive.remove();
      assert.equal(asked.at(-1), "CHECKPOINT");
    });

    it("and counts what the server keeps to write over as room, whether it was written before or not", async () => {
      const files = Math.ceil(wal.at / SEGMENT);
      const path = (number: number): string => join(log(), segmentName(1, number * SEGMENT, SEGMENT));
      assert.equal(await archive.spare(), 0);
      copyFileSync(path(1), path(files));
      writeFileSync(path(files + 1), Buffer.alloc(SEGMENT));
      assert.equal(await archive.spare(), 2 * SEGMENT);
    });
  });
});

describe("postgresql: archive.sh", () => {
  let folder: string;
  const run = (name: string, patience = "0"): number | null =>
    spawnSync("bash", [SCRIPT, name], {
      cwd: folder,
      env: { ...process.env, STATEFUL_CONTROL: folder, STATEFUL_ARCHIVE_SECONDS: patience },
      timeout: 20_000,
    }).status;
  const told = (text: string): void => {
    writeFileSync(join(folder, "archived"), `${text}\n`);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "archive-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("lets all go at once where there is no backup", () => {
    told("all");
    assert.equal(run("000000010000000000000005"), 0);
  });

  it("lets go what is stored, of this timeline and of earlier ones, and nothing else", () => {
    told("00000002000000000000000A");
    for (const name of ["00000002000000000000000A", "000000020000000000000009", "0000000100000000000000FF"]) {
      assert.equal(run(name), 0, name);
    }
    for (const name of ["00000002000000000000000B", "000000020000000100000000", "000000030000000000000001"]) {
      assert.equal(run(name), 130, name);
    }
    for (const name of [
      "00000003.history",
      "00000002000000000000000B.partial",
      "00000002000000000000000B.00000028.backup",
    ]) {
      assert.equal(run(name), 0, name);
    }
  });

  it("lets nothing go while nobody has said what is stored", () => {
    assert.equal(run("000000010000000000000001"), 130);
    for (const text of ["none", "", "al", "000000010000000000000009 x", "all of it"]) {
      told(text);
      assert.equal(run("000000010000000000000001"), 130, text);
    }
  });

  it("waits for a server that runs, and neither for one that stops nor for one that has ended", () => {
    told("none");
    const comm = readFileSync(`/proc/${process.pid}/comm`, "utf8").trim();
    assert.notEqual(comm, "postgres");
    const lines = (pid: number | string, status: string): string =>
      [pid, "/data", "1", "5432", "/run", "*", "1 2", status, ""].join("\n");
    writeFileSync(join(folder, "postmaster.pid"), lines(process.pid, "ready   "));
    assert.equal(run("000000010000000000000001"), 130, "a process that is no server");
    // A process of that name.
    const server = spawnSync("bash", [
      "-c",
      `cp "$(command -v sleep)" ${folder}/postgres && { ${folder}/postgres 15 >/dev/null 2>&1 & echo $!; }`,
    ]);
    const pid = server.stdout.toString().trim();
    try {
      writeFileSync(join(folder, "postmaster.pid"), lines(pid, "ready   "));
      const began = Date.now();
      assert.equal(run("000000010000000000000001", "2"), 1);
      assert.ok(Date.now() - began > 900);
      writeFileSync(join(folder, "postmaster.pid"), lines(pid, "stopping"));
      assert.equal(run("000000010000000000000001", "15"), 130);
    } finally {
      process.kill(Number(pid));
    }
  });
});
