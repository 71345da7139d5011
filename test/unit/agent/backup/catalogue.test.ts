import * as assert from "node:assert/strict";
import { Catalogue } from "../../../../agent/backup/catalogue";
import type { Base, Event, Piece, Restorable, Start, Written } from "../../../../agent/backup/events";
import { Seal } from "../../../../agent/backup/seal";
import { Damaged } from "../../../../agent/backup/store/store";
import { viewOf, wayTo } from "../../../../agent/backup/view";
import { positions } from "../../../../agent/mysql/archived";
import { MemoryStore } from "./memory-store";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const set = (...intervals: string[]): string => (intervals.length === 0 ? "" : `${A}:${intervals.join(":")}`);

const start = (position: string, why: Start["why"] = "life"): Start => ({
  kind: "start",
  why,
  position,
  archived: position,
});
const piece = (before: string, after: string): Piece => ({
  kind: "piece",
  file: "binlog.000001",
  head: "h",
  from: 4,
  to: 100,
  before,
  after,
  parts: [{ name: "n", bytes: 96, sha256: "s" }],
  archived: after,
});
const base = (position: string): Base => ({
  kind: "base",
  tool: "restic",
  reference: "r",
  position,
  started: 1,
  finished: 2,
  bytes: 3,
  version: "9.7.4",
  source: "1",
});
const restorable = (position: string, until = 1): Restorable => ({
  kind: "restorable",
  until,
  position,
  archived: position,
});
const written = (...events: Event[]): Written[] =>
  events.map((event, index) => ({ ...event, name: `${index}`, at: index }));

describe("backup: the catalogue", () => {
  const place = { namespace: "shop", database: "orders", cluster: A, life: 1 };
  let store: MemoryStore;
  let now: number;
  const open = (writer = "0") => new Catalogue(store, new Seal("k".repeat(32)), place, writer, () => now);
  beforeEach(() => {
    store = new MemoryStore();
    now = Date.parse("2026-11-26T07:59:59.990Z");
  });

  it("reads back what was written, in the order of its times", async () => {
    const events: Event[] = [start(""), piece("", set("1-5")), base(set("1-2")), restorable(set("1-5"), 77)];
    for (const event of events) {
      await open().write(event);
      now += 10;
    }
    const read = await open().read();
    assert.deepEqual(
      read.map((event) => ({ ...event, name: undefined, at: undefined, stored: undefined })),
      events.map((event) => ({ ...event, name: undefined, at: undefined, stored: undefined })),
    );
    assert.deepEqual(
      read.map(({ at }) => at - Date.parse("2026-11-26T07:59:59.990Z")),
      [0, 10, 20, 30],
    );
  });

  it("reads what was written since an hour, and the last hour that has what is looked for", async () => {
    await open().write(start(""));
    now += 3_600_000;
    await open().write(piece("", set("1-5")));
    now += 24 * 3_600_000;
    await open().write(base(set("1-2")));
    assert.deepEqual(
      (await open().read(Date.parse("2026-11-26T08:30:00Z"))).map(({ kind }) => kind),
      ["piece", "base"],
    );
    const last = await open().last(({ kind }) => kind === "piece", 20);
    assert.deepEqual(
      last.map(({ kind }) => kind),
      ["piece"],
    );
    assert.deepEqual(await open().last(({ kind }) => kind === "drill", 20), []);
  });

  it("finds the last of those whose clocks are right, too, where one of another's is years ahead", async () => {
    await open().write(piece("", set("1-5")));
    const right = now;
    now += 3 * 365 * 86_400_000;
    await open("1").write(piece("", set("1-6")));
    now = right + 3_600_000;
    await open().write(piece("", set("1-9")));
    const last = (await open().last(({ kind }) => kind === "piece", 20)) as Piece[];
    assert.deepEqual(
      last.map(({ after }) => after),
      [set("1-9"), set("1-6")],
    );
  });

  it("finds the last of many, and those of a kind, without reading the others", async () => {
    for (let index = 1; index <= 50; index++) {
      now += 1;
      await open().write(index === 7 ? base(set("1-7")) : piece("", set(`1-${index}`)));
    }
    store.asked = 0;
    const last = (await open().last(({ kind }) => kind === "piece", 3)) as Piece[];
    assert.deepEqual(
      last.map(({ after }) => after),
      [set("1-48"), set("1-49"), set("1-50")],
    );
    assert.equal((await open().ofKind("base", now - 3_600_000)).length, 1);
    assert.ok(store.asked < 10, `${store.asked}`);
  });

  it("holds what two write at the same moment", async () => {
    await Promise.all([open("0").write(start("")), open("1").write(start("")), open("1").write(start(""))]);
    assert.equal((await open().read()).length, 3);
  });

  it("leaves out what a later version writes, and takes nothing that cannot be right", async () => {
    const put = async (event: object) => {
      await open().write(event as Event);
    };
    await put({ kind: "greeting", text: "hello" });
    await put({ ...start(""), added: "later" });
    assert.deepEqual(
      (await open().read()).map(({ kind }) => kind),
      ["start"],
    );
    await put({ ...piece("", ""), to: -1 });
    await assert.rejects(
      open().read(),
      (error: Error) => error instanceof Damaged && /to is no whole number/.test(error.message),
    );
  });

  it("does not take one entry in another's place", async () => {
    await open().write(start(""));
    now += 5;
    await open().write(piece("", set("1-5")));
    const [first, second] = [...store.objects.keys()];
    store.objects.set(second!, store.objects.get(first!)!);
    await assert.rejects(open().read(), Damaged);
  });
});

describe("backup: what a catalogue comes to", () => {
  it("is log without a hole, whatever the order of its entries", () => {
    const events = written(
      piece(set("1-9"), set("1-12")),
      piece(set("1-5"), set("1-9")),
      start(""),
      piece("", set("1-5")),
      restorable(set("1-12")),
    );
    const view = viewOf(events, positions);
    assert.equal(view.segments.length, 1);
    assert.equal(view.segments[0]!.covered, set("1-12"));
    assert.deepEqual(
      view.segments[0]!.pieces.map(({ after }) => after),
      [set("1-5"), set("1-9"), set("1-12")],
    );
    assert.ok(!view.broken);
  });

  it("takes overlaps of two members, and of a member that began again", () => {
    const view = viewOf(
      written(start(""), piece("", set("1-5")), piece("", set("1-3")), piece(set("1-4"), set("1-8"))),
      positions,
    );
    assert.equal(view.segments[0]!.covered, set("1-8"));
    assert.ok(!view.broken);
  });

  it("shows a hole: what comes after it is stray, and it is broken", () => {
    const view = viewOf(written(start(""), piece("", set("1-5")), piece(set("1-9"), set("1-12"))), positions);
    assert.equal(view.segments[0]!.covered, set("1-5"));
    assert.equal(view.stray.length, 1);
    assert.ok(view.broken);
  });

  it("takes the word that holds more of two that were written in one moment", () => {
    const words = [restorable(set("1-8")), restorable(set("1-5"))];
    for (const said of [words, [...words].reverse()]) {
      const view = viewOf(written(start(""), piece("", set("1-8")), ...said), positions);
      assert.equal(view.restorable?.position, set("1-8"));
    }
  });

  it("shows that the last piece is missing, by what was said to be restorable", () => {
    const view = viewOf(written(start(""), piece("", set("1-5")), restorable(set("1-9"))), positions);
    assert.ok(view.broken);
    assert.deepEqual(view.stray, []);
  });

  it("goes on after a gap that was written down, as log of its own", () => {
    const events = written(
      start(""),
      piece("", set("1-5")),
      start(set("1-9"), "gap"),
      piece(set("1-9"), set("1-12")),
      base(set("1-3")),
      base(set("1-10")),
    );
    const view = viewOf(events, positions);
    assert.equal(view.segments.length, 2);
    assert.ok(!view.broken);
    assert.equal(wayTo(set("1-5"), view, positions)?.base.position, set("1-3"));
    assert.equal(wayTo(set("1-7"), view, positions), undefined);
    assert.equal(wayTo(set("1-9"), view, positions), undefined);
    assert.equal(wayTo(set("1-12"), view, positions)?.base.position, set("1-10"));
    assert.equal(wayTo(set("1-13"), view, positions), undefined);
  });

  it("finds no way without a base, and none from a base beyond the target", () => {
    const log = [start(""), piece("", set("1-9"))];
    assert.equal(wayTo(set("1-5"), viewOf(written(...log), positions), positions), undefined);
    assert.equal(
      wayTo(set("1-5"), viewOf(written(...log, base(set("1-6"))), positions), positions),
      undefined,
    );
  });

  it("reaches a base itself before the log has come so far", () => {
    const view = viewOf(written(start(""), piece("", set("1-5")), base(set("1-7"))), positions);
    assert.ok(wayTo(set("1-7"), view, positions));
  });

  it("begins later when the oldest was deleted", () => {
    const view = viewOf(
      written(start(""), start(set("1-5"), "retention"), piece(set("1-5"), set("1-9")), base(set("1-6"))),
      positions,
    );
    assert.deepEqual(
      view.segments.map((segment) => segment.start),
      [set("1-5")],
    );
    assert.ok(wayTo(set("1-8"), view, positions));
  });
});
