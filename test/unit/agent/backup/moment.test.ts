import * as assert from "node:assert/strict";
import type { Base, Event, Piece, Written } from "../../../../agent/backup/events";
import { randomMoment } from "../../../../agent/backup/moment";
import { findTarget } from "../../../../agent/backup/target";
import { positions } from "../../../../agent/mysql/archived";
import { upTo, between } from "./fake-log";

const piece = (from: number, to: number, second: number): Piece => ({
  kind: "piece",
  ...{ file: "a", head: "a", from: from * 10, to: (to + 1) * 10 },
  ...{ before: upTo(from - 1), after: upTo(to), archived: upTo(to) },
  ...{ first: second * 1_000_000, last: (second + to - from) * 1_000_000 },
  parts: [],
});
const base = (last: number, finished: number): Base => ({
  kind: "base",
  ...{ tool: "restic", reference: `r${last}`, position: upTo(last), started: 0, finished, bytes: 1 },
  ...{ version: "9.7.4", source: "1" },
});
const start = (last: number, why: "life" | "gap" = "life"): Event => ({
  kind: "start",
  why,
  position: upTo(last),
  archived: upTo(last),
});
const known = (last: number, until: number): Event => ({
  kind: "restorable",
  ...{ until, position: upTo(last), archived: upTo(last) },
});
const written = (events: Event[]): Written[] =>
  events.map((event, index) => ({ ...event, name: `event-${index}`, at: index }));

const moments = (events: Event[], since = 0): number[] =>
  Array.from({ length: 200 }, (_, index) =>
    randomMoment(written(events), positions, since, () => index / 200),
  )
    .filter((moment) => moment !== undefined)
    .sort((a, b) => a - b);

describe("backup: the moment that a drill restores", () => {
  /** A copy of 5 transactions, log from it, a gap from 20 to 30 s, a copy after it, log. */
  const GAP = { kind: "gap", before: upTo(20), after: upTo(30), from: 20_000, to: 30_000, why: "x" } as const;
  const EVENTS: Event[] = [
    start(0),
    piece(1, 10, 1),
    base(5, 999_000_000),
    piece(11, 20, 11),
    GAP,
    start(30, "gap"),
    piece(31, 40, 31),
    base(40, 41_000),
    piece(41, 50, 45),
    known(50, 60_000),
  ];

  it("is any that the log can be cut at behind a copy, whatever the clock of who made that", () => {
    const found = moments(EVENTS);
    assert.equal(found.length, 200);
    assert.ok(
      found.every((moment) => (moment >= 10_000 && moment <= 20_000) || moment >= 54_000),
      found.join(),
    );
    assert.ok(found[0]! <= 10_100 && found.at(-1)! >= 59_000);
  });

  it("can be restored, each of them", async () => {
    for (const time of moments(EVENTS)) {
      await findTarget(
        written(EVENTS),
        { time },
        {
          positions,
          transactionsOf: async function* ({ first = 0, last = 0, after }) {
            const to = Number(/(\d+)$/.exec(after)![1]);
            const count = (last - first) / 1_000_000;
            for (let index = 0; index <= count; index++) {
              const number = to - count + index;
              yield {
                transaction: between(number, number).replace(/-\d+$/, ""),
                committed: first + index * 1_000_000,
              };
            }
          },
        },
      );
    }
  });

  it("lies in the window", () => {
    assert.ok(moments(EVENTS, 55_000).every((moment) => moment >= 55_000));
  });

  it("is none where nothing was committed since the first copy, or there is none", () => {
    assert.deepEqual(moments([start(0), piece(1, 10, 1), base(10, 11), known(10, 60_000)]), []);
    assert.deepEqual(moments([start(0), piece(1, 10, 1), known(10, 60_000)]), []);
    assert.deepEqual(moments([]), []);
  });
});
