import * as assert from "node:assert/strict";
import type { Base, Event, Gap, Piece, Written } from "../../../../agent/backup/events";
import { findTarget, NotRestorable, type Wanted } from "../../../../agent/backup/target";
import type { Logged } from "../../../../agent/core/engine";
import { positions } from "../../../../agent/mysql/archived";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const B = "3f8e4c1a-0000-4000-8000-000000000002";
const gtids = (from: number, to: number, source = A): string =>
  `${source}:${from === to ? from : `${from}-${to}`}`;

/** Transaction `n` was committed `n` seconds after the beginning, as µs; times of entries and questions are in ms. */
const at = (n: number): number => n * 1000;

const base = (position: string, finished: number): Base => ({
  kind: "base",
  tool: "restic",
  reference: `copy-${finished}`,
  position,
  started: finished - 1,
  finished,
  bytes: 1,
  version: "9.7.4",
  source: "1",
});

/** A piece with the transactions `from` to `to`. */
function piece(from: number, to: number, { file = "binlog.000001", start = from * 10 } = {}): Piece {
  return {
    kind: "piece",
    file,
    head: file,
    from: start,
    to: (to + 1) * 10,
    before: from === 1 ? "" : gtids(1, from - 1),
    after: gtids(1, to),
    first: from * 1_000_000,
    last: to * 1_000_000,
    parts: [],
    archived: gtids(1, to),
  };
}

const start = (position = ""): Event => ({ kind: "start", why: "life", position, archived: position });
const known = (n: number, until: number): Event => {
  const position = gtids(1, n);
  return { kind: "restorable", until, position, archived: position };
};
const written = (events: Event[]): Written[] =>
  events.map((event, index) => ({ ...event, name: `event-${index}`, at: index }));

/** The log of one cluster, whose transactions came one a second: 1 to 30. */
const EVENTS: Event[] = [
  start(),
  piece(1, 10, { start: 0 }),
  base(gtids(1, 8), at(9)),
  piece(11, 20),
  base(gtids(1, 18), at(19)),
  piece(21, 30, { file: "binlog.000002", start: 0 }),
  known(30, at(40)),
];

function find(wanted: Wanted, events: Event[] = EVENTS, more: Logged[] = []) {
  return findTarget(written(events), wanted, {
    positions,
    transactionsOf: async function* ({ first = 0, last = 0 }) {
      const [from, to] = [first / 1_000_000, last / 1_000_000];
      const own = Array.from({ length: to - from + 1 }, (_, index) => ({
        transaction: gtids(from + index, from + index),
        committed: (from + index) * 1_000_000,
      }));
      yield* [...own, ...more];
    },
  });
}

const refused = async (wanted: Wanted, events: Event[], why: RegExp): Promise<void> => {
  await assert.rejects(find(wanted, events), (error: unknown) => {
    assert.ok(error instanceof NotRestorable, String(error));
    assert.match(error.message, why);
    return true;
  });
};

describe("backup: what a restore is to come to", () => {
  it("is all that anybody said is stored, from the newest copy", async () => {
    const target = await find({});
    assert.equal(target.position, gtids(1, 30));
    assert.equal(target.before, undefined);
    assert.equal(target.way.base.reference, `copy-${at(19)}`);
    assert.deepEqual(
      target.pieces.map(({ after }) => after),
      [gtids(1, 20), gtids(1, 30)],
    );
  });

  it("is what was committed until a moment, to the transaction, from a copy that is not beyond it", async () => {
    const exact = await find({ time: at(14) });
    assert.equal(exact.position, gtids(1, 14));
    assert.equal(exact.before, gtids(15, 15));
    assert.equal(exact.way.base.reference, `copy-${at(9)}`);
    const between = await find({ time: at(14) + 999 });
    assert.equal(between.position, gtids(1, 14));
    assert.equal((await find({ time: at(10) })).position, gtids(1, 10));
  });

  it("is the newest copy, where no log was ever stored", async () => {
    const target = await find({}, [base(gtids(1, 5), at(6)), base(gtids(1, 8), at(9))]);
    assert.equal(target.position, gtids(1, 8));
    assert.deepEqual(target.pieces, []);
    await refused({ time: at(7) }, [base(gtids(1, 5), at(6))], /there is no log/);
  });

  it("may be a moment at which nothing was committed for long, between two copies of the same", async () => {
    const idle = [
      start(),
      piece(1, 10, { start: 0 }),
      base(gtids(1, 8), at(9)),
      base(gtids(1, 10), at(90)),
      known(10, at(100)),
    ];
    assert.equal((await find({ time: at(50) }, idle)).position, gtids(1, 10));
    await refused({ time: at(50) }, [...idle.slice(0, 2), ...idle.slice(3)], /the oldest moment/);
  });

  it("needs no log that the copy holds", async () => {
    const { pieces } = await find({ time: at(25) });
    assert.deepEqual(
      pieces.map(({ after }) => after),
      [gtids(1, 20), gtids(1, 30)],
    );
    assert.deepEqual((await find({}, [start(), piece(1, 10), base(gtids(1, 10), at(11))])).pieces, []);
  });

  it("is what was committed before a transaction", async () => {
    const target = await find({ beforeTransaction: gtids(23, 23).toUpperCase() });
    assert.equal(target.position, gtids(1, 22));
    assert.equal(target.before, gtids(23, 23));
    await refused({ beforeTransaction: gtids(31, 31) }, EVENTS, /no log that is stored has the transaction/);
  });

  it("lies within what is known to be stored", async () => {
    assert.equal((await find({ time: at(40) })).position, gtids(1, 30));
    await refused({ time: at(40) + 1 }, EVENTS, /after the last moment that is known to be stored/);
    await refused({ time: at(35) }, EVENTS.slice(0, -1), /which nobody has said/);
  });

  it("does not lie before the first copy", async () => {
    await refused({ time: at(5) }, EVENTS, /without a hole/);
    await refused(
      { time: at(5) },
      EVENTS,
      /finished at 1970-01-01T00:00:09\.000Z; a later moment may be had/,
    );
    await refused({}, [start(), piece(1, 10)], /no full copy yet/);
    const late = [
      start(gtids(1, 8)),
      base(gtids(1, 8), at(9)),
      { ...piece(9, 20), before: gtids(1, 8) },
      known(20, at(30)),
    ];
    await refused({ time: at(8) }, late, /oldest moment that can be restored/);
    assert.equal((await find({ time: at(9) }, late)).position, gtids(1, 9));
  });

  it("is not the end of a log that lacks something: an entry that was deleted, a piece that was never written", async () => {
    for (const lost of [1, 3, 5]) {
      const events = EVENTS.filter((_, index) => index !== lost);
      await refused({}, events, /something that was stored is missing/);
      await refused({ time: at(29) }, events, /something that was stored is missing/);
      await refused({ time: at(39) }, events, /something that was stored is missing/);
    }
    // What comes before the hole can be had.
    const withoutLast = EVENTS.filter((_, index) => index !== 5);
    assert.equal((await find({ time: at(15) }, withoutLast)).position, gtids(1, 15));
  });

  it("does not lie in a gap, nor needs what was in it", async () => {
    const gap: Gap = {
      kind: "gap",
      before: gtids(1, 20),
      after: gtids(1, 40),
      from: at(20),
      to: at(41),
      why: "the store was away",
    };
    const after: Event[] = [
      ...EVENTS.slice(0, 5),
      gap,
      { kind: "start", why: "gap", position: gtids(1, 40), archived: gtids(1, 40) },
      { ...piece(41, 50, { file: "binlog.000003", start: 0 }), before: gtids(1, 40) },
      known(50, at(60)),
    ];
    await refused({ time: at(30) }, after, /lies in a gap/);
    await refused({}, after, /after the gap from .* there is no full copy yet/);
    assert.equal((await find({ time: at(20) - 1 }, after)).position, gtids(1, 19));
    const copied = [...after, base(gtids(1, 44), at(45))];
    assert.equal((await find({ time: at(48) }, copied)).position, gtids(1, 48));
    assert.equal((await find({}, copied)).position, gtids(1, 50));
    await refused({ time: at(42) }, copied, /full copy|hole/);
  });

  it("counts no transaction twice that another member has stored as well", async () => {
    const again = { ...piece(21, 30, { file: "other.000009", start: 0 }), before: gtids(1, 15) };
    const target = await find(
      { time: at(27) },
      [...EVENTS.slice(0, 5), again, known(30, at(40))],
      [{ transaction: gtids(1, 1, B), committed: 99_000_000 }],
    );
    assert.equal(target.position, gtids(1, 27));
    assert.equal(target.before, gtids(28, 28));
  });
});
