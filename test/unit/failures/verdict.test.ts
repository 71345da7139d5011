import assert from "node:assert/strict";
import { type Attempt, isAcknowledged, MAIN, parseLog } from "../../e2e/support/traffic/attempts";
import {
  describeVerdict,
  findings,
  judge,
  type Observation,
  secondPrimaryWrites,
} from "../../e2e/support/validate/verdict";
import { acknowledged, attempt, FAULT_AT, ms, silent, standby, steady } from "./logs";

const MEMBERS = ["db-0", "db-1"];

/** A failover from A to B that takes seven seconds, and a member that is away for twelve. */
function failover(): Attempt[] {
  return [
    ...steady(90, 99, "A", 1),
    ...silent(100, 105, MAIN),
    ...steady(106, 130, "B", 2),
    ...steady(90, 99, "A", 1, { through: "db-0" }),
    ...silent(101, 111, "db-0"),
    ...standby(112, 130, "db-0"),
    ...standby(90, 105, "db-1"),
    ...steady(106, 130, "B", 2, { through: "db-1" }),
  ];
}

function observed(attempts: Attempt[], rest: Partial<Observation> = {}): Observation {
  const everything = new Set(attempts.map(({ id }) => id));
  return {
    attempts,
    faultAt: ms(FAULT_AT),
    struckSides: [],
    members: MEMBERS,
    rows: new Map(MEMBERS.map((member) => [member, everything])),
    ...rest,
  };
}

describe("the verdict on a failure", () => {
  it("measures the gap from the last acknowledged write to the next, and the recovery of the last member", () => {
    const verdict = judge(observed(failover()));
    assert.deepEqual(verdict, {
      writeGapSeconds: 7,
      resumed: true,
      acknowledged: 70,
      lost: 0,
      twoPrimaries: 0,
      recoveredSeconds: 12,
      recovered: true,
    });
    assert.deepEqual(findings(verdict, { writeGapSeconds: 7 }), []);
    assert.deepEqual(findings(verdict, { writeGapSeconds: 6.9 }), ["gap"]);
    assert.deepEqual(findings(verdict, {}), []);
  });

  it("says nothing of two primaries where members are equals: none of their writes proves one", () => {
    const everywhere = [...failover(), ...steady(90, 130, "C", 1, { through: "db-1" })];
    assert.ok((judge(observed(everywhere)).twoPrimaries ?? 0) > 0);
    const verdict = judge(observed(everywhere, { equals: true }));
    assert.equal(verdict.twoPrimaries, undefined);
    assert.deepEqual(findings(verdict, {}), []);
    assert.doesNotMatch(describeVerdict(verdict), /primary/);
  });

  it("counts what nobody promised by itself, and what was promised as lost", () => {
    const attempts = failover();
    const kept = new Set(
      attempts.filter(({ end }) => end < ms(97) || end > ms(FAULT_AT)).map(({ id }) => id),
    );
    const rows = new Map(MEMBERS.map((member) => [member, kept]));
    const all = judge(observed(attempts, { rows }));
    assert.ok(all.lost > 0 && all.givenUp === undefined);
    const notPromised = { from: ms(97), to: ms(FAULT_AT) };
    const some = judge(observed(attempts, { rows, notPromised }));
    assert.deepEqual([some.lost, some.givenUp], [0, all.lost]);
    const earlier = judge(observed(attempts, { rows, notPromised: { from: ms(98), to: ms(FAULT_AT) } }));
    assert.equal(earlier.lost + (earlier.givenUp ?? 0), all.lost);
    assert.deepEqual(findings(earlier, {}), ["lost"]);
    assert.deepEqual(judge(observed(attempts, { notPromised })).givenUp, 0);
  });

  it("finds a write lost that fewer members have than the engine claims, and each of them where it claims nothing", () => {
    const attempts = failover();
    const acknowledged = attempts.filter(isAcknowledged).map(({ id }) => id);
    const [first = "", second = ""] = acknowledged;
    const without = (...ids: string[]) => new Set(acknowledged.filter((id) => !ids.includes(id)));
    const THREE = [...MEMBERS, "db-2"];
    const lost = (sets: ReadonlySet<string>[], copies?: number) =>
      judge(
        observed(attempts, {
          members: THREE,
          copies,
          rows: new Map(sets.map((ids, index) => [THREE[index] ?? "", ids])),
        }),
      ).lost;
    const each = [without(first), without(second), without()];
    assert.equal(lost(each), 2);
    assert.equal(lost(each, 3), 2);
    assert.equal(lost(each, 2), 0);
    assert.equal(lost([without(first, second), without(second), without()], 2), 1);
    // Where one cannot be read, it may have what others lack.
    assert.equal(lost([without(first), without(second)], 2), 0);
    assert.equal(lost([without(first), without(first)], 2), 1);
    assert.equal(lost([without(first), without()]), 1);
  });

  it("finds what a fault asks for beside that, and says it", () => {
    const verdict = judge(observed(failover(), { violations: ["the server of db-1 ended"] }));
    assert.deepEqual(findings(verdict, {}), ["violation"]);
    assert.match(describeVerdict(verdict), /the server of db-1 ended$/);
    assert.deepEqual(findings(judge(observed(failover(), { violations: [] })), {}), []);
  });

  it("finds a gap that begins some time after the fault, and the longest of several", () => {
    const late = [
      ...steady(90, 104, "A", 1),
      ...steady(107, 110, "B", 2),
      ...steady(119, 130, "A", 3),
      ...standby(90, 130, "db-0"),
      ...standby(90, 130, "db-1"),
    ];
    assert.equal(judge(observed(late)).writeGapSeconds, 9);
  });

  it("takes the side that waited longest, and none whose clients were struck too", () => {
    const slow = [
      ...failover(),
      ...steady(90, 99, "A", 1, { side: "node2" }),
      ...steady(120, 130, "B", 2, { side: "node2" }),
    ];
    assert.equal(judge(observed(slow)).writeGapSeconds, 21);
    assert.equal(judge(observed(slow, { struckSides: ["node2"] })).writeGapSeconds, 7);
  });

  it("says that writes did not resume when none was acknowledged after the fault, or when they stopped again", () => {
    const members = [...standby(90, 130, "db-0"), ...standby(90, 130, "db-1")];
    const never = judge(observed([...steady(90, 99, "A", 1), ...silent(100, 130, MAIN), ...members]));
    assert.deepEqual([never.resumed, never.writeGapSeconds], [false, 31]);
    assert.deepEqual(findings(never, {}), ["gap"]);
    const again = [
      ...steady(90, 99, "A", 1),
      ...steady(103, 106, "B", 2),
      ...silent(107, 130, MAIN),
      ...members,
    ];
    assert.deepEqual([judge(observed(again)).resumed, judge(observed(again)).writeGapSeconds], [false, 24]);
  });

  it("takes a gap of up to a second for none where none is asked", () => {
    const verdict = judge(observed(failover()));
    assert.deepEqual(findings({ ...verdict, writeGapSeconds: 1 }, { writeGapSeconds: 0 }), []);
    assert.deepEqual(findings({ ...verdict, writeGapSeconds: 1.001 }, { writeGapSeconds: 0 }), ["gap"]);
  });

  it("counts an acknowledged write that one member lacks, and no write that was not acknowledged", () => {
    const attempts = failover();
    const [first] = attempts;
    const ids = new Set(attempts.map(({ id }) => id));
    const lacking = new Set([...ids].filter((id) => id !== first?.id));
    const rows = new Map([
      ["db-0", ids],
      ["db-1", lacking],
    ]);
    const verdict = judge(observed(attempts, { rows }));
    assert.equal(verdict.lost, 1);
    assert.deepEqual(findings(verdict, {}), ["lost"]);
    const onlyAcknowledged = new Set(attempts.filter(isAcknowledged).map(({ id }) => id));
    assert.equal(judge(observed(attempts, { rows: new Map([["db-0", onlyAcknowledged]]) })).lost, 0);
  });

  it("says that a member did not recover when its last attempt failed, or when nobody asked it", () => {
    const away = [...failover(), attempt(131, { through: "db-0" })];
    assert.deepEqual(findings(judge(observed(away)), {}), ["not recovered"]);
    const unasked = failover().filter(({ through }) => through !== "db-1");
    assert.equal(judge(observed(unasked)).recovered, false);
  });

  it("refuses to judge what nobody watched", () => {
    assert.throws(() => judge(observed([])), /nobody watched/);
    assert.throws(() => judge(observed(steady(101, 110, "A", 1))), /before the fault/);
    assert.throws(() => judge(observed(failover(), { rows: new Map() })), /no member can be read/);
  });
});

describe("two primaries", () => {
  const prove = (attempts: Attempt[]): number[] =>
    secondPrimaryWrites(attempts.filter(isAcknowledged)).map(({ end }) => end / 1000);

  it("are none where each server counts on from the one before it, in whichever order they reign", () => {
    assert.deepEqual(
      prove([...steady(1, 5, "A", 1), ...steady(6, 9, "B", 2), ...steady(10, 12, "A", 3)]),
      [],
    );
  });

  it("are proven by a write that begins after another server was acknowledged one of a later term", () => {
    const old = acknowledged(8, "A", 1, { side: "node2" });
    assert.deepEqual(prove([...steady(1, 5, "A", 1), ...steady(6, 9, "B", 2), old]), [8]);
  });

  it("are not proven by a write that was under way when the next reign began", () => {
    const underWay = acknowledged(6.5, "A", 1, { start: ms(5.9), side: "node2" });
    assert.deepEqual(prove([...steady(1, 5, "A", 1), ...steady(6, 9, "B", 2), underWay]), []);
  });

  it("are not proven by acknowledgements in the same millisecond", () => {
    const a = acknowledged(6, "A", 1, { start: ms(6), side: "node2" });
    assert.deepEqual(prove([...steady(1, 5, "A", 1), acknowledged(6, "B", 2), a]), []);
  });

  it("are proven by two servers that claim the same term, however far apart", () => {
    const split = [...steady(1, 5, "A", 1), ...steady(6, 9, "B", 2), ...steady(20, 21, "C", 2)];
    assert.deepEqual(prove(split), [20, 21]);
  });

  it("are found whoever wrote through which name", () => {
    const direct = steady(7, 8, "A", 1, { side: "node2", through: "db-0" });
    assert.deepEqual(prove([...steady(1, 5, "A", 1), ...steady(6, 9, "B", 2), ...direct]), [7, 8]);
  });
});

describe("a writer's log", () => {
  it("is read line by line, without what a power cut tore and what others wrote", () => {
    const one = acknowledged(1, "A", 1);
    const log = `(node:1) Warning: hello\n${JSON.stringify(one)}\n${JSON.stringify(one).slice(0, 20)}`;
    assert.deepEqual(parseLog(log), [one]);
    assert.deepEqual(parseLog(""), []);
  });
});
