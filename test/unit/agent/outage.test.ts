import * as assert from "node:assert/strict";
import { judgeCreation } from "../../../agent/core/creation";
import { judgeOutage, type OutageInput } from "../../../agent/core/outage";
import type { Report } from "../../../agent/core/types";
import { compareLetters, empty, idle, marker, record, timings, view } from "./fixtures";

const three = view(5, [0, 1, 2], 0);

function judge(self: number, reports: Report[], change: Partial<OutageInput> = {}): string {
  const verdict = judgeOutage({
    self,
    replicas: 3,
    reports,
    marker: marker(),
    elapsed: 0,
    timings,
    compare: compareLetters,
    ...change,
  });
  return verdict.bootstraps ? "bootstrap" : verdict.message;
}

/** Members that remember the same membership, with this data each. */
function members(
  positions: Record<number, string>,
  change: Parameters<typeof record>[0] = { view: three },
): Report[] {
  return Object.entries(positions).map(([ordinal, position]) =>
    idle(Number(ordinal), { position }, record(change)),
  );
}

describe("agent: full outage", () => {
  it("is recovered from the superset, not the highest count, when everyone is back", () => {
    const all = members({ 0: "ab", 1: "abc", 2: "a" });
    assert.equal(judge(1, all), "bootstrap");
    assert.match(judge(0, all), /member 1 has the most complete data/);
  });

  it("takes the lowest ordinal among equals", () => {
    const all = members({ 0: "ab", 1: "ab", 2: "ab" });
    assert.equal(judge(0, all), "bootstrap");
    assert.notEqual(judge(1, all), "bootstrap");
  });

  it("waits for the operator when no data contains the others', whatever the counts", () => {
    const reason = judge(0, members({ 0: "abcd", 1: "abx", 2: "ab" }));
    assert.match(reason, /grown apart/);
    assert.match(reason, /stateful\/recover-from=N, N one of 0, 1, 2/);
  });

  it("waits without a majority, however long", () => {
    assert.match(judge(0, members({ 0: "abc" }), { elapsed: 1e9 }), /1 of 3 .* answered.*missing: 1, 2/);
  });

  it("waits without a majority even when the last membership was smaller", () => {
    const alone = members({ 0: "abc" }, { view: view(9, [0], 0) });
    assert.match(judge(0, alone, { elapsed: 1e9 }), /1 of 3 members have answered/);
  });

  it("settles for a majority with the last primary, and waits longer without it", () => {
    const withPrimary = members({ 0: "abc", 1: "ab" });
    assert.match(judge(0, withPrimary), /waiting up to 10 s/);
    assert.equal(judge(0, withPrimary, { elapsed: 10_001 }), "bootstrap");
    const without = members({ 1: "ab", 2: "ab" });
    assert.match(judge(1, without, { elapsed: 10_001 }), /last primary among them/);
    assert.equal(judge(1, without, { elapsed: 120_001 }), "bootstrap");
  });

  it("does not wait for a primary whose disk is known to be empty", () => {
    assert.equal(judge(1, [empty(0), ...members({ 1: "ab", 2: "ab" })]), "bootstrap");
  });

  it("waits when too few of the last membership still have data", () => {
    const reports = [empty(0), empty(1), ...members({ 2: "ab" })];
    assert.match(judge(2, reports, { elapsed: 1e9 }), /at least half/);
  });

  it("asks those who went on after others had left", () => {
    // 2 left in good order and its record is older; 0 and 1 may have gone on without it.
    const stale = idle(2, { position: "ab" }, record({ view: three, left: true }));
    const later = idle(1, { position: "abc" }, record({ view: view(6, [0, 1], 0) }));
    assert.equal(judge(1, [later, stale], { elapsed: 120_001 }), "bootstrap");
    assert.match(judge(2, [stale, idle(0, {}, record({ view: three, left: true }))]), /missing: 1/);
  });

  it("accepts that all left in good order", () => {
    const all = [0, 1, 2].map((ordinal) => idle(ordinal, {}, record({ view: three, left: true })));
    assert.equal(judge(0, all), "bootstrap");
  });

  it("recovers a single member's cluster beside members that never had data", () => {
    const own = idle(0, {}, record({ view: view(1, [0], 0) }));
    assert.equal(judge(0, [own, empty(1)]), "bootstrap");
  });

  it("trusts a membership in the marker that is newer than what members remember", () => {
    const newer = marker({ epoch: 1, view: view(9, [0], 0) });
    assert.match(judge(1, members({ 1: "ab", 2: "ab" }), { marker: newer }), /missing: 0/);
  });

  it("calls no data lost before it has looked for a while: somebody may just have bootstrapped the cluster", () => {
    const disks = [empty(0), empty(1), empty(2)];
    assert.match(judge(1, disks, { elapsed: timings.settle }), /delete the marker to begin anew/);
    assert.match(judge(1, disks), /waiting up to \d+ s for a member with data/);
  });

  it("counts no disk of another cluster, and says whose it is", () => {
    const foreign = idle(
      2,
      { position: "abcdef" },
      record({ cluster: "other", epoch: 9, view: view(9, [2], 2) }),
    );
    const [own, waits] = [members({ 0: "ab", 1: "ab" }), /waiting up to 10 s for 2/];
    assert.match(judge(0, own), waits);
    assert.match(judge(0, [...own, foreign]), waits);
    assert.equal(judge(0, [...own, foreign], { elapsed: 10_000 }), "bootstrap");
    const alone = judge(2, [foreign], { replicas: 1, elapsed: 60_000 });
    assert.match(alone, /disk of member 2 belongs to cluster other/);
  });

  it("counts nobody who is being stopped, still starts, or hangs without a quorum", () => {
    const [zero, one] = members({ 0: "ab", 1: "ab" });
    const hanging = idle(1, { member: "blocked" }, record({ view: three }));
    assert.notEqual(judge(0, [zero!, hanging], { elapsed: 1e9 }), "bootstrap");
    assert.notEqual(judge(0, [zero!, { ...one!, stopping: true }], { elapsed: 1e9 }), "bootstrap");
  });
});

describe("agent: creation", () => {
  const create = (self: number, reports: Report[], replicas = 3): string => {
    const verdict = judgeCreation({ self, replicas, reports, compare: compareLetters });
    return verdict.kind === "bootstrap" ? "bootstrap" : verdict.message;
  };

  it("is member 0's when all disks are empty", () => {
    const all = [empty(0), empty(1), empty(2)];
    assert.equal(create(0, all), "bootstrap");
    assert.notEqual(create(1, all), "bootstrap");
  });

  it("is nobody's in a set that is to have no members", () => {
    assert.notEqual(create(0, [empty(0)], 0), "bootstrap");
  });

  it("waits for every member to answer: its disk may hold data", () => {
    assert.match(create(0, [empty(0), empty(1)]), /missing: 2/);
  });

  it("is bootstrapped from data that is there: a single server that becomes a cluster", () => {
    const standalone = idle(0, {}, undefined);
    assert.equal(create(0, [standalone, empty(1), empty(2)]), "bootstrap");
    const elsewhere = idle(2, {}, record());
    assert.match(create(0, [empty(0), empty(1), elsewhere]), /member 2 has data/);
    assert.equal(create(2, [empty(0), empty(1), elsewhere]), "bootstrap");
  });

  it("waits when disks hold data that does not fit together", () => {
    const [a, b] = [idle(0, { position: "ax" }), idle(1, { position: "ay" })];
    assert.match(create(0, [a, b, empty(2)]), /does not fit together/);
    const other = idle(1, {}, record({ cluster: "other" }));
    assert.match(create(0, [idle(0), other, empty(2)]), /does not fit together/);
  });

  it("waits for servers that are not up yet", () => {
    const starting = idle(1, { process: "starting", position: undefined });
    assert.match(create(0, [empty(0), starting, empty(2)]), /member 1 is not up/);
  });
});
