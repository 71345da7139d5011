import * as assert from "node:assert/strict";
import type { Base, Event, Piece, Written } from "../../../../agent/backup/events";
import { outdated } from "../../../../agent/backup/retention";
import { viewOf, wayTo } from "../../../../agent/backup/view";
import { positions } from "../../../../agent/mysql/archived";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const upTo = (n: number): string => (n === 0 ? "" : `${A}:1-${n}`);
const DAY = 86_400_000;

const base = (n: number, finished: number): Base => ({
  kind: "base",
  tool: "restic",
  reference: `r${n}`,
  position: upTo(n),
  started: finished,
  finished,
  bytes: 1,
  version: "9.7.4",
  source: "0",
});
const piece = (from: number, to: number, file: string): Piece => ({
  kind: "piece",
  ...{ file, head: file, from, to, before: upTo(from), after: upTo(to), archived: upTo(to) },
  parts: [{ name: `${file}.${from}`, bytes: 1, sha256: "" }],
});
const restorable = (n: number, until: number): Event => ({
  kind: "restorable",
  until,
  position: upTo(n),
  archived: upTo(n),
});

/** A day each: a copy, and log in files that hold two days. */
const EVENTS: [day: number, event: Event][] = [
  [0, { kind: "start", why: "life", position: "", archived: "" }],
  [0, piece(0, 10, "a")],
  [1, base(10, DAY)],
  [1, piece(10, 20, "a")],
  [2, base(20, 2 * DAY)],
  [2, piece(20, 30, "b")],
  [3, base(30, 3 * DAY)],
  [3, piece(30, 40, "b")],
  [4, base(40, 4 * DAY)],
  [4, restorable(40, 4 * DAY)],
];
const written = (events: [number, Event][]): Written[] =>
  events.map(([day, event], index) => ({ ...event, name: `e${index}`, at: day * DAY, stored: day * DAY }));
const at = (now: number, retention: number, events = EVENTS) =>
  outdated(written(events), positions, now * DAY, retention * DAY);

describe("backup: what is deleted", () => {
  it("is nothing within the window, nor the newest copy before it", () => {
    assert.deepEqual(at(4, 4), { bases: [], pieces: [], entries: [] });
    assert.deepEqual(at(4.5, 3).bases, []);
  });

  it("is each copy before that, and whole files of log that it holds", () => {
    const { bases, pieces, start } = at(4.5, 2);
    assert.deepEqual(
      bases.map(({ reference }) => reference),
      ["r10"],
    );
    assert.deepEqual(
      pieces.map(({ file }) => file),
      ["a", "a"],
    );
    assert.equal(start, upTo(20));
    // Of the file b a part is still needed, and its beginning with it.
    assert.deepEqual(
      at(4.5, 1).pieces.map(({ file }) => file),
      ["a", "a"],
    );
  });

  it("leaves a log that leads from what is kept to the end", () => {
    const { bases, pieces, start = "" } = at(4.5, 2);
    const gone = [...bases, ...pieces].map(({ name }) => name);
    const left = written([
      ...EVENTS,
      [4.5, { kind: "start", why: "retention", position: start, archived: upTo(40) }],
    ]);
    const view = viewOf(
      left.filter(({ name }) => !gone.includes(name)),
      positions,
    );
    assert.equal(view.broken, false);
    assert.equal(wayTo(upTo(40), view, positions)?.base.reference, "r40");
    assert.equal(wayTo(upTo(25), view, positions)?.base.reference, "r20");
  });

  it("is never the last copy, however old", () => {
    assert.deepEqual(
      at(400, 1).bases.map(({ reference }) => reference),
      ["r10", "r20", "r30"],
    );
  });

  it("is nothing while somebody restores, or while the last drill failed", () => {
    const hold: Event = { kind: "hold", until: 500 * DAY, why: "restore" };
    const drill = (good: boolean): Event => ({
      kind: "drill",
      good,
      ...{ reached: "", download: 1.5, replay: 1, ready: 1, bytes: 1, version: "9.7.4" },
    });
    assert.deepEqual(at(400, 1, [...EVENTS, [399, hold]]).bases, []);
    assert.deepEqual(at(400, 1, [...EVENTS, [399, drill(false)]]).bases, []);
    assert.equal(at(400, 1, [...EVENTS, [398, drill(false)], [399, drill(true)]]).bases.length, 3);
  });

  it("goes by the store where a writer's clock was behind: a copy of today is none of before the window", () => {
    const behind = EVENTS.map(([day, event]): [number, Event] =>
      event.kind === "base" && event.position === upTo(40) ? [day, { ...event, finished: 0 }] : [day, event],
    );
    assert.deepEqual(at(4.5, 4, behind), { bases: [], pieces: [], entries: [] });
  });

  it("is nothing that the store does not date", () => {
    const undated = written(EVENTS).map((event) => {
      delete event.stored;
      return event;
    });
    assert.deepEqual(outdated(undated, positions, 400 * DAY, DAY).bases, []);
  });

  it("is nothing for as long as a restore's hold was meant to last, whatever its writer took for now", () => {
    const held = (said: number, stored: number, now: number) => {
      const hold: Written = {
        kind: "hold",
        until: (said + 0.5) * DAY,
        why: "restore",
        name: "h",
        at: said * DAY,
        stored: stored * DAY,
      };
      return outdated([...written(EVENTS), hold], positions, now * DAY, DAY).bases.length === 0;
    };
    assert.equal(held(-300, 400, 400.4), true, "behind");
    assert.equal(held(-300, 400, 400.6), false, "behind, and over");
    assert.equal(held(9_000, 400, 400.6), false, "ahead, and over");
  });

  it("is nothing while the drill that ended last failed, though an earlier one says to have been later", () => {
    const drill = (good: boolean, said: number, stored: number): Written => ({
      kind: "drill",
      good,
      ...{ reached: "", download: 1.5, replay: 1, ready: 1, bytes: 1, version: "9.7.4" },
      ...{ name: `d${said}`, at: said * DAY, stored: stored * DAY },
    });
    const events = [...written(EVENTS), drill(true, 9_000, 398), drill(false, 399, 399)];
    assert.deepEqual(outdated(events, positions, 400 * DAY, DAY).bases, []);
  });

  it("is what was said a day ago of what is stored, but for the last word", () => {
    const said = [
      ...EVENTS,
      [4.1, restorable(40, 4.1 * DAY)],
      [4.2, restorable(40, 4.2 * DAY)],
    ] as typeof EVENTS;
    assert.deepEqual(
      at(6, 10, said).entries.map(({ name }) => name),
      ["e9", "e10"],
    );
  });
});
