import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalogue } from "../../../../agent/backup/catalogue";
import type { Piece } from "../../../../agent/backup/events";
import { Restore } from "../../../../agent/backup/restore";
import type { Source } from "../../../../agent/backup/restore-steps";
import { Seal } from "../../../../agent/backup/seal";
import type { Logged, Replay, ReplayPlan } from "../../../../agent/core/engine";
import { positions } from "../../../../agent/mysql/archived";
import { MemoryStore } from "./memory-store";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const CLUSTER = "11111111-0000-4000-8000-000000000001";
const gtid = (n: number): string => `${A}:${n}`;
const upTo = (n: number): string => (n === 1 ? gtid(1) : `${A}:1-${n}`);
const KEY = "k".repeat(32);

/** A server whose log is a line for each transaction. It applies what lies in its directory, as far as it is told to. */
class FakeReplay implements Replay {
  readonly positions = positions;
  /** What it applies without being told, or leaves out: a server may do anything. */
  omit: (line: string) => boolean = () => false;
  ends = 0;

  constructor(private readonly volume: string) {}

  async *logged(log: AsyncIterable<Buffer>): AsyncGenerator<Logged> {
    for await (const part of log) {
      for (const line of lines(part).filter((one) => one !== "head"))
        yield { transaction: line, committed: Number(line.split(":")[1]) * 1_000_000 };
    }
  }

  heading(log: Buffer): Buffer {
    assert.match(log.toString(), /^head\n/);
    return Buffer.from("head\n");
  }

  async lay(directory: string, file: number, log: Buffer): Promise<void> {
    writeFileSync(join(directory, `log.${file}`), log, { flag: "a" });
  }

  async laid(): Promise<void> {
    return undefined;
  }

  async begin(): Promise<void> {
    assert.ok(existsSync(join(this.volume, "data", "copy")), "the server is started on what was restored");
  }

  async run({ files, before }: ReplayPlan): Promise<string> {
    const data = join(this.volume, "data");
    let reached = readFileSync(join(data, "copy"), "utf8");
    for (let file = 1; file <= files; file++) {
      const [first, ...rest] = lines(readFileSync(join(data, `log.${file}`)));
      assert.equal(first, "head", "each file is read by what it begins with");
      for (const line of rest) {
        if (line === before) return reached;
        if (!this.omit(line)) reached = positions.unite(reached, line);
      }
    }
    return reached;
  }

  async finish(): Promise<void> {
    this.ends++;
  }
}

const lines = (log: Buffer): string[] =>
  log
    .toString()
    .split("\n")
    .filter((line) => line !== "");

describe("backup: a restore", () => {
  let volume: string;
  let store: MemoryStore;
  let replay: FakeReplay;
  let catalogue: Catalogue;
  let restored: string[];
  let source: Source | undefined;
  let waited: number;
  let clock: number;
  const seal = new Seal(KEY);
  const placeOf = (cluster: string) => ({ namespace: "shop", database: "orders", cluster, life: 1 });

  beforeEach(async () => {
    volume = mkdtempSync(join(tmpdir(), "restore-"));
    mkdirSync(join(volume, "data"));
    writeFileSync(join(volume, "data", "worthless"), "");
    store = new MemoryStore();
    replay = new FakeReplay(volume);
    restored = [];
    source = { namespace: "shop", database: "orders" };
    clock = 0;
    waited = 0;
    catalogue = await archive(CLUSTER);
  });
  afterEach(() => {
    rmSync(volume, { recursive: true });
  });

  /** Ten transactions in two files of three pieces, and a copy with the first four. */
  async function archive(cluster: string): Promise<Catalogue> {
    let now = Date.parse("2026-11-26T08:00:00Z");
    const made = new Catalogue(store, seal, placeOf(cluster), "0", () => now++);
    await made.write({ kind: "start", why: "life", position: "", archived: "" });
    for (const [file, from, first, last] of [
      ["a", 0, 1, 3],
      ["a", 10, 4, 6],
      ["b", 0, 7, 10],
    ] as const) {
      const text =
        (from === 0 ? "head\n" : "") +
        range(first, last)
          .map((n) => `${gtid(n)}\n`)
          .join("");
      const content = Buffer.from(text);
      const name = `shop/orders/${cluster}/0001/log/1.1/${file}.${from}`;
      await store.put(name, await seal.close(name, content));
      const sha256 = createHash("sha256").update(content).digest("hex");
      const before = first === 1 ? "" : upTo(first - 1);
      const written: Piece = {
        kind: "piece",
        ...{ file, head: file, from, to: from + 10, before, after: upTo(last), archived: upTo(last) },
        ...{ first: first * 1_000_000, last: last * 1_000_000 },
        parts: [{ name, bytes: content.length, sha256 }],
      };
      await made.write(written);
    }
    const base = { started: 4_400, finished: 4_500, bytes: 10, version: "9.7.4", source: "1" };
    await made.write({
      kind: "base",
      tool: "restic",
      reference: `copy of ${cluster}`,
      position: upTo(4),
      ...base,
    });
    await made.write({ kind: "restorable", until: 20_000, position: upTo(10), archived: upTo(10) });
    return made;
  }

  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  function restore(): Restore {
    return new Restore({
      replay,
      supervisor: {
        halt: async () => undefined,
        discard: async () => {
          rmSync(join(volume, "data"), { recursive: true, force: true });
        },
      },
      volume,
      source: async () => source,
      open: async () => ({ settings: {} as never, key: KEY, seal, store, directory: "" }),
      restic: async () => ({
        restore: async (reference, directory) => {
          restored.push(reference);
          mkdirSync(directory);
          writeFileSync(join(directory, "copy"), upTo(4));
        },
      }),
      lifeOf: async () => 1,
      log: () => undefined,
      clock: () => clock,
      sleep: async (time) => {
        waited += time;
      },
    });
  }

  const objectsOf = (part: string): string[] =>
    [...store.objects.keys()].filter((name) => name.includes(part));

  it("does nothing where nothing is to be restored", async () => {
    source = undefined;
    await restore().run();
    assert.ok(existsSync(join(volume, "data", "worthless")));
  });

  it("replays all that there is on the newest copy, and keeps it from being deleted meanwhile", async () => {
    await restore().run();
    assert.deepEqual(restored, [`copy of ${CLUSTER}`]);
    assert.equal(replay.ends, 1);
    const holds = (await catalogue.read()).filter(({ kind }) => kind === "hold");
    assert.equal(holds.length, 1);
  });

  it("ends at a moment, and before a transaction", async () => {
    for (const wanted of [{ time: 8_000 }, { beforeTransaction: gtid(9) }]) {
      source = { namespace: "shop", database: "orders", ...wanted };
      let reached = "";
      const run = replay.run.bind(replay);
      replay.run = async (plan) => (reached = await run(plan));
      await restore().run();
      assert.equal(reached, upTo(8));
    }
  });

  it("begins anew after it was cut off, from an empty directory", async () => {
    mkdirSync(join(volume, "restoring"));
    writeFileSync(join(volume, "restoring", "half"), "");
    await restore().run();
    assert.ok(!existsSync(join(volume, "data", "half")));
    assert.ok(!existsSync(join(volume, "data", "worthless")));
  });

  it("fails where the server did not come to what is demanded, whatever it says itself", async () => {
    replay.omit = (line) => line === gtid(8);
    const failing = restore();
    await assert.rejects(failing.run(), /came to .*:1-7:9-10, and the catalogue demands .*:1-10/);
    assert.equal(replay.ends, 0);
    assert.equal(failing.state?.reason, "RestoreFailed");
  });

  it("fails where the server went too far", async () => {
    source = { namespace: "shop", database: "orders", time: 8_000 };
    const run = replay.run.bind(replay);
    replay.run = async (plan) => run({ ...plan, before: undefined });
    await assert.rejects(restore().run(), /came to .*:1-10, and the catalogue demands .*:1-8/);
  });

  it("fails where an object of the log was deleted", async () => {
    store.objects.delete(objectsOf("/log/1.1/b.0")[0]!);
    await assert.rejects(restore().run());
    assert.equal(replay.ends, 0);
  });

  it("fails where an object of the log was cut", async () => {
    const name = objectsOf("/log/1.1/b.0")[0]!;
    store.objects.set(name, store.objects.get(name)!.subarray(0, -1));
    await assert.rejects(restore().run(), /is not what was stored by that name/);
  });

  it("fails where one was put in another's place", async () => {
    const [a = "", b = ""] = [objectsOf("/log/1.1/a.10")[0], objectsOf("/log/1.1/b.0")[0]];
    store.objects.set(b, store.objects.get(a)!);
    await assert.rejects(restore().run(), /is not what was stored by that name/);
  });

  it("fails where an entry of the catalogue was deleted, before anything is touched", async () => {
    for (const name of objectsOf("-piece-").slice(1, 2)) store.objects.delete(name);
    await assert.rejects(restore().run(), /something that was stored is missing/);
    assert.deepEqual(restored, []);
    assert.ok(existsSync(join(volume, "data", "worthless")));
  });

  it("goes on beside an object that is garbage, and fails where that was an entry", async () => {
    store.objects.set(`shop/orders/${CLUSTER}/0001/catalogue/20261126T08/x`, Buffer.from("garbage"));
    await restore().run();
    assert.equal(replay.ends, 1);
    store.objects.set(objectsOf("-piece-")[1]!, Buffer.from("garbage"));
    await assert.rejects(restore().run(), /something that was stored is missing/);
  });

  it("names the clusters where several have it, and takes the one that is named", async () => {
    const other = "22222222-0000-4000-8000-000000000002";
    await archive(other);
    await assert.rejects(
      restore().run(),
      new RegExp(`several clusters .*${CLUSTER}, ${other}.*restoreFrom.cluster`),
    );
    source = { namespace: "shop", database: "orders", cluster: other };
    await restore().run();
    assert.deepEqual(restored, [`copy of ${other}`]);
    source = { namespace: "shop", database: "orders", cluster: "33333333-0000-4000-8000-000000000003" };
    await assert.rejects(restore().run(), /no backup of shop\/orders, cluster 3333.*there are/);
    source = { namespace: "shop", database: "order" };
    await assert.rejects(restore().run(), /no backup of shop\/order/);
  });

  it("is not tried again at once: what lacks does not come within a second", async () => {
    store.failure = new Error("away");
    const again = restore();
    await assert.rejects(again.run(), /away/);
    clock += 10_000;
    await assert.rejects(again.run(), /away/);
    assert.equal(waited, 20_000);
    store.failure = undefined;
    clock += 60_000;
    await again.run();
    assert.equal(again.state, undefined);
  });
});
