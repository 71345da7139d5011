import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Catalogue } from "../../../../agent/backup/catalogue";
import type { Base, Event, Piece } from "../../../../agent/backup/events";
import { listBackups } from "../../../../agent/backup/look/listing";
import { removeCluster, removeCopy } from "../../../../agent/backup/look/remove";
import type { LifeListing } from "../../../../agent/backup/look/request";
import { verifyBackup } from "../../../../agent/backup/look/verify";
import { Seal } from "../../../../agent/backup/seal";
import { positions } from "../../../../agent/mysql/archived";
import { MemoryStore } from "./memory-store";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const RUNS = "11111111-0000-4000-8000-000000000001";
const FORMER = "22222222-0000-4000-8000-000000000002";
const upTo = (n: number): string => (n === 0 ? "" : `${A}:1-${n}`);
const HOUR = 3_600_000;
const START = Date.parse("2026-11-26T00:00:00Z");
const settings = {
  destination: { kind: "directory", path: "/backups", prefix: "prod" },
  recoveryPointSeconds: 10,
  retentionSeconds: 14 * 86_400,
  keepLogsPercent: 25,
} as const;

describe("backup: looking at what is stored", () => {
  let store: MemoryStore;
  let now: number;
  let kept: string[];
  let restic: { problems: string[]; references: string[] };
  const seal = new Seal("k".repeat(32));
  const place = (cluster: string) => ({ namespace: "shop", database: "orders", cluster, life: 1 });
  const at = (hour: number): number => START + hour * HOUR;

  beforeEach(() => {
    store = new MemoryStore();
    now = at(0);
    kept = [];
    restic = { problems: [], references: ["copy-1-of-hour-1", "copy-2-of-hour-4"] };
  });

  async function write(hour: number, event: Event, cluster = RUNS): Promise<void> {
    store.now = () => at(hour);
    await new Catalogue(store, seal, place(cluster), "0", () => at(hour)).write(event);
  }

  const base = (n: number, hour: number, reference: string): Base => ({
    kind: "base",
    tool: "restic",
    ...{ reference, position: upTo(n), started: at(hour) - 60_000, finished: at(hour), bytes: 1000 },
    ...{ version: "9.7.4", source: "2" },
  });

  async function piece(from: number, to: number, hour: number, cluster = RUNS): Promise<string> {
    const content = Buffer.from(`log ${from} to ${to}`);
    const name = `shop/orders/${cluster}/0001/log/1.1/a/${from}-${to}`;
    await store.put(name, await seal.close(name, content));
    const sha256 = createHash("sha256").update(content).digest("hex");
    const stored: Piece = {
      kind: "piece",
      ...{ file: "a", head: "h", from, to, before: upTo(from), after: upTo(to), archived: upTo(to) },
      ...{ first: at(hour) * 1000, last: (at(hour) + 60_000) * 1000 },
      parts: [{ name, bytes: content.length, sha256 }],
    };
    await write(hour, stored, cluster);
    return name;
  }

  const said = async (n: number, hour: number): Promise<void> =>
    write(hour, { kind: "restorable", until: at(hour), position: upTo(n), archived: upTo(n) });

  /** Two hours of log, a hole of an hour, and log and a copy after it. */
  async function withGap(): Promise<string[]> {
    await write(0, { kind: "start", why: "life", position: "", archived: "" });
    const first = await piece(0, 10, 0);
    await write(1, base(5, 1, "copy-1-of-hour-1"));
    await write(3, {
      kind: "gap",
      ...{ before: upTo(10), after: upTo(20), from: at(2), to: at(3), why: "given up" },
    });
    await write(3, { kind: "start", why: "gap", position: upTo(20), archived: upTo(20) });
    const second = await piece(20, 30, 3);
    await write(4, base(25, 4, "copy-2-of-hour-4"));
    await said(30, 5);
    now = at(5.001);
    return [first, second];
  }

  const list = async (running: string | undefined = RUNS) =>
    listBackups(
      { store, seal, settings },
      { namespace: "shop", database: "orders", running },
      positions,
      now,
    );
  const lifeOf = async (cluster = RUNS): Promise<LifeListing> => {
    const { clusters } = await list();
    return clusters.find((one) => one.cluster === cluster)!.lives[0]!;
  };
  const lease = { check: () => undefined };
  const verify = async (percent = 100) =>
    verifyBackup(
      {
        ...{ opened: { store, seal }, place: place(RUNS), positions, lease, log: () => undefined, now },
        restic: { check: async () => restic.problems, references: async () => restic.references },
      },
      percent,
    );
  const removing = () => ({
    ...{ opened: { store, seal }, namespace: "shop", database: "orders", running: RUNS, lease },
    restic: async () => ({ remove: async (references: readonly string[]) => void kept.push(...references) }),
    log: () => undefined,
    now,
  });

  it("says from when to when each moment can be had, by positions: a copy after a hole helps nobody before it", async () => {
    await withGap();
    const { windows, gaps, copies, problems, logBytes } = await lifeOf();
    assert.deepEqual(windows, [
      { from: at(1), to: at(2) },
      { from: at(4), to: at(5) },
    ]);
    assert.deepEqual(gaps, [{ from: at(2), to: at(3), why: "given up" }]);
    assert.deepEqual(
      copies.map(({ reference, bytes, source }) => [reference, bytes, source]),
      [
        ["copy-1-of-hour-1", 1000, "2"],
        ["copy-2-of-hour-4", 1000, "2"],
      ],
    );
    assert.deepEqual(problems, []);
    assert.ok(logBytes > 0);
  });

  it("says that nothing can be had where there is only log, or only a copy before a hole", async () => {
    await write(0, { kind: "start", why: "life", position: "", archived: "" });
    await piece(0, 10, 0);
    await said(10, 1);
    assert.deepEqual((await lifeOf()).windows, []);
  });

  it("does not take the primary's word for what an entry is missing of", async () => {
    await withGap();
    const [gone] = [...store.objects.keys()].filter((name) => name.includes("T030000000Z-piece-"));
    store.objects.delete(gone!);
    const { windows, problems } = await lifeOf();
    assert.deepEqual(windows.at(-1), { from: at(4), to: at(4) });
    assert.match(problems.join(), /not in the catalogue any more/);
  });

  it("lists the others where one entry is damaged, and other clusters where one was sealed with another key", async () => {
    await withGap();
    const name = [...store.objects.keys()].find((one) => one.includes("-drill-") || one.includes("-gap-"))!;
    store.objects.set(name, Buffer.from("SFB1"));
    const other = new Seal("another key of thirty-two characters");
    await new Catalogue(store, other, place(FORMER), "0").write({
      kind: "start",
      why: "life",
      position: "",
      archived: "",
    });
    const { clusters, running } = await list();
    assert.equal(running, RUNS);
    assert.match(clusters.find(({ cluster }) => cluster === FORMER)!.unreadable!, /another key/);
    const [life] = clusters.find(({ cluster }) => cluster === RUNS)!.lives;
    assert.match(life!.problems.join(), /is not an object of a backup/);
    assert.equal(life!.copies.length, 2);
  });

  it("finds all in order where it is", async () => {
    await withGap();
    const verdict = await verify();
    assert.deepEqual([verdict.objects, verdict.read, verdict.copies], [2, 2, 2]);
    assert.deepEqual([...verdict.losses, ...verdict.problems], []);
  });

  it("names what is missing and what was changed, and what cannot be restored for it", async () => {
    const [first, second] = await withGap();
    store.objects.delete(first!);
    const changed = Buffer.from(store.objects.get(second!)!);
    changed[changed.length - 20]! ^= 1;
    store.objects.set(second!, changed);
    const { losses } = await verify();
    assert.deepEqual(
      losses.map(({ object, from, to }) => [object, from, to]),
      [
        // The next copy that has all of it was made after the hole.
        [first, at(0), at(4)],
        [second, at(3), undefined],
      ],
    );
    assert.match(losses[0]!.why, /not there/);
    assert.match(losses[1]!.why, /not what was stored/);
  });

  it("says that an object is gone whatever the sample, and that a changed one may be passed over by it", async () => {
    const [first, second] = await withGap();
    store.objects.set(second!, Buffer.from("SFB1"));
    assert.deepEqual((await verify(0)).losses, []);
    store.objects.delete(first!);
    const { losses, read } = await verify(0);
    assert.deepEqual([losses.length, read], [1, 0]);
    assert.equal((await verify(50)).read, 1);
  });

  it("names copies that restic has not got, and what restic finds wrong", async () => {
    await withGap();
    restic = { references: ["copy-2-of-hour-4"], problems: ["restic: pack ab is damaged"] };
    const { losses, problems } = await verify();
    assert.match(losses[0]!.object, /copy-1-of-hour-1/);
    assert.deepEqual([losses[0]!.from, losses[0]!.to], [at(1), at(4)]);
    assert.deepEqual(problems, ["restic: pack ab is damaged"]);
  });

  it("deletes one copy, never the last one of what runs, nor while somebody restores", async () => {
    await withGap();
    await assert.rejects(removeCopy(removing(), "copy"), /no full copy copy/);
    await removeCopy(removing(), "copy-1-of");
    assert.deepEqual(kept, ["copy-1-of-hour-1"]);
    await assert.rejects(removeCopy(removing(), "copy-2-of"), /only full copy of orders, which runs/);
    await write(5, base(28, 5, "copy-3-of-hour-5"));
    await write(5, { kind: "hold", until: at(9), why: "restore" });
    await assert.rejects(removeCopy(removing(), "copy-2-of"), /nothing is deleted until 2026-11-26T09:00:00/);
    assert.deepEqual(kept, ["copy-1-of-hour-1"]);
  });

  it("deletes a former cluster, its catalogue last, and never the one that runs", async () => {
    await withGap();
    await write(0, { kind: "start", why: "life", position: "", archived: "" }, FORMER);
    await piece(0, 10, 0, FORMER);
    await write(1, base(5, 1, "copy-of-former"), FORMER);
    const before = [...store.objects.keys()].filter((name) => name.includes(RUNS));
    await assert.rejects(removeCluster(removing(), RUNS), /the cluster that runs/);
    await assert.rejects(removeCluster(removing(), "nobody"), /there are 1111/);
    await write(1, { kind: "hold", until: at(9), why: "restore" }, FORMER);
    await assert.rejects(removeCluster(removing(), FORMER), /being restored/);
    now = at(10);
    const order: string[] = [];
    const remove = store.delete.bind(store);
    store.delete = async (name) => {
      order.push(name.split("/")[4]!);
      await remove(name);
    };
    const { copies, objects } = await removeCluster(removing(), FORMER);
    assert.deepEqual([copies, objects], [1, 5]);
    assert.deepEqual([...new Set(order)], ["log", "catalogue"]);
    assert.deepEqual([...store.objects.keys()].sort(), before.sort());
  });
});
