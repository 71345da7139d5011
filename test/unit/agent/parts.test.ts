import * as assert from "node:assert/strict";
import type { StopContext, StopPlan } from "../../../agent/core/policy";
import { awaitedBeforeStop, planElectedStop, planLeave } from "../../../agent/core/stop-plan";
import { claim, confirm, firstMarker, ledBy, parseMarker, released } from "../../../agent/core/marker";
import { ahead, donors } from "../../../agent/core/order";
import { mayReplace, routesFrom } from "../../../agent/core/routes";
import type { Report, View } from "../../../agent/core/types";
import { lastView, majority } from "../../../agent/core/views";
import { empty, idle, marker, online, record, view, limits } from "./fixtures";

function planStop(
  self: number,
  role: StopContext["role"],
  seen: StopContext["view"],
  peers: Report[],
  replicas: number,
): StopPlan {
  return planLeave({ self, role, view: seen, peers, replicas, volumeLimits: limits.volume });
}

function planWithElection(
  self: number,
  role: StopContext["role"],
  peers: Report[],
  replicas: number,
): StopPlan {
  return planElectedStop({ self, role, view: undefined, peers, replicas, volumeLimits: limits.volume });
}

describe("agent: planning a stop", () => {
  const five = view(4, [0, 1, 2, 3, 4], 4);
  const three = view(4, [0, 1, 2], 0);
  const staying = (...ordinals: number[]): Report[] => ordinals.map((ordinal) => online(ordinal, three));
  const going = (...ordinals: number[]): Report[] =>
    staying(...ordinals).map((report) => ({ ...report, stopping: true }));

  it("hands over to the lowest ordinal that is fit", () => {
    assert.deepEqual(planStop(4, "primary", five, staying(0, 1, 2, 3), 5), { successor: 0, how: "leave" });
    assert.deepEqual(planStop(0, "primary", three, staying(1, 2), 3), { successor: 1, how: "leave" });
    assert.equal(planStop(0, "primary", three, [...going(1), ...staying(2)], 3).successor, 2);
    const away = { ...three, online: [0, 2] };
    assert.equal(planStop(0, "primary", away, staying(1, 2), 3).successor, 2);
    assert.equal(planStop(0, "primary", three, staying(2), 3).successor, 2, "member 1 does not answer");
  });

  it("hands nothing over as a replica", () => {
    assert.deepEqual(planStop(1, "replica", three, staying(0, 2), 3), { how: "leave" });
  });

  it("never leaves fewer behind than a majority of the set", () => {
    assert.equal(planStop(1, "replica", view(5, [0, 1], 0), staying(0), 3).how, "halt");
    assert.deepEqual(planStop(0, "primary", three, going(1, 2), 3), { how: "halt" });
    assert.equal(planStop(1, "replica", three, [...staying(0), ...going(2)], 3).how, "halt");
    assert.equal(planStop(1, "replica", three, [], 3).how, "halt", "nobody answers");
  });

  it("lets the members go that a smaller set no longer has", () => {
    const rest = [...staying(0, 1, 2), ...going(4)];
    assert.deepEqual(planStop(3, "replica", five, rest, 3), { how: "leave" });
  });

  it("leaves when it is alone, or in no cluster", () => {
    assert.deepEqual(planStop(0, "primary", view(1, [0], 0), [], 1), { how: "leave" });
    assert.deepEqual(planStop(0, "none", undefined, [], 3), { how: "leave" });
  });
});

describe("agent: waiting with a stop", () => {
  const seen = view(4, [0, 1, 2], 0);
  const there = (...ordinals: number[]): Report[] => ordinals.map((ordinal) => online(ordinal, seen));
  const going = (...ordinals: number[]): Report[] =>
    there(...ordinals).map((report) => ({ ...report, stopping: true }));

  it("waits for those without whom the rest would be no majority", () => {
    assert.deepEqual(awaitedBeforeStop(2, there(1), 3), [0]);
    assert.deepEqual(awaitedBeforeStop(2, [...there(1), idle(0)], 3), [0], "it is coming back");
    assert.deepEqual(awaitedBeforeStop(4, there(2, 3), 5), [0, 1]);
  });

  it("waits for nobody where the rest are enough, or cannot be", () => {
    assert.deepEqual(awaitedBeforeStop(2, there(0, 1), 3), []);
    assert.deepEqual(awaitedBeforeStop(4, there(1, 2, 3), 5), []);
    assert.deepEqual(awaitedBeforeStop(0, [], 1), []);
    assert.deepEqual(awaitedBeforeStop(2, going(0, 1), 3), [], "everything stops");
    assert.deepEqual(awaitedBeforeStop(2, going(1), 3), [], "the one that is away alone is none");
  });

  it("waits for nobody in a member that a smaller set no longer has", () => {
    assert.deepEqual(awaitedBeforeStop(3, there(1), 3), []);
  });
});

describe("agent: planning a stop where the others elect", () => {
  const seen = view(4, [0, 1, 2], 2);
  const staying = (...ordinals: number[]): Report[] => ordinals.map((ordinal) => online(ordinal, seen));

  it("leaves the hand-over to it while the set keeps its size", () => {
    assert.deepEqual(planWithElection(2, "primary", staying(0, 1), 3), { how: "leave" });
    assert.deepEqual(planWithElection(1, "replica", staying(0, 2), 3), { how: "leave" });
  });

  it("hands over to the lowest ordinal that stays, when the primary's place is given up", () => {
    assert.deepEqual(planWithElection(4, "primary", staying(1, 0), 3), { successor: 0, how: "leave" });
    const going = staying(0).map((report) => ({ ...report, stopping: true }));
    assert.deepEqual(planWithElection(4, "primary", [...going, ...staying(1)], 3).successor, 1);
    assert.deepEqual(planWithElection(2, "primary", [], 1), { how: "leave" }, "nobody answers");
  });

  it("keeps a vote for that, when it leaves with the primary", () => {
    assert.deepEqual(planWithElection(1, "replica", staying(0), 1), { how: "leave", stayToVote: true });
    const led = [online(0, view(5, [0, 1, 2], 0))];
    assert.deepEqual(planWithElection(1, "replica", led, 1), { how: "leave" }, "the primary stays");
  });
});

describe("agent: the marker", () => {
  it("goes from the first bootstrap to running and on to the next", () => {
    const first = firstMarker("c", 0);
    assert.deepEqual([first.phase, first.epoch, first.first], ["founding", 1, true]);
    assert.equal(claim(first, 1).first, true, "the right to a first bootstrap passes on as such");
    const running = confirm(first, 0, 1, { view: view(1, [0], 0) });
    assert.ok(running);
    assert.deepEqual([running.phase, running.first], ["running", undefined]);
    const again = claim({ ...running, recoverFrom: "2" }, 2);
    assert.deepEqual(
      [again.phase, again.epoch, again.holder, again.recoverFrom],
      ["founding", 2, 2, undefined],
    );
    assert.equal(again.cluster, "c");
  });

  it("passes a right that was not used on within its epoch", () => {
    assert.equal(claim(marker({ phase: "founding", epoch: 2 }), 1).epoch, 2);
  });

  it("confirms only for the holder, in its epoch, once", () => {
    const bootstrap = marker({ phase: "founding", epoch: 2, holder: 1 });
    assert.equal(confirm(bootstrap, 0, 2), undefined);
    assert.equal(confirm(bootstrap, 1, 1), undefined);
    assert.equal(confirm(marker({ epoch: 2, holder: 1 }), 1, 2), undefined);
    assert.ok(confirm(bootstrap, 1, 2));
  });

  it("takes newer memberships only, and of its own bootstrap", () => {
    const held = marker({ epoch: 2, view: view(5, [0, 1], 0) });
    const led = (epoch: number, seen: View) =>
      ledBy(held, { cluster: "c", epoch, ordinal: 0, view: seen, size: 3 });
    assert.equal(led(2, view(4, [0, 1, 2], 0)), undefined);
    assert.equal(led(2, view(5, [0, 1], 0)), undefined);
    assert.equal(led(1, view(6, [0, 1], 0)), undefined);
    assert.equal(led(2, view(5, [0, 1], 1))?.view?.primary, 1);
    assert.equal(led(2, view(6, [0], 0))?.view?.number, 6);
  });

  it("loses an operator's choice as soon as there is a primary, whatever else it says", () => {
    const seen = view(5, [0, 1], 0);
    const lead = { cluster: "c", epoch: 2, ordinal: 0, view: seen, size: 3 };
    const held = marker({ epoch: 2, view: seen });
    assert.equal(ledBy(held, lead), undefined);
    assert.deepEqual(ledBy({ ...held, recoverFrom: "2" }, lead), held);
  });

  it("lets one go on alone by a choice until a majority has its data, and never again", () => {
    const alone = marker({ epoch: 2, alone: true, view: view(5, [0], 0) });
    const lead = { cluster: "c", epoch: 2, ordinal: 0, view: view(5, [0], 0), size: 3 };
    assert.equal(ledBy(alone, lead), undefined);
    assert.equal(ledBy(alone, { ...lead, view: view(5, [0, 1], 0), size: 0 }), undefined, "of how many?");
    const after = ledBy(alone, { ...lead, view: view(5, [0, 1], 0) });
    assert.ok(after && !("alone" in after));
  });

  it("goes back to the primary that is there, when it was given away beside it", () => {
    const astray = marker({ epoch: 3, phase: "founding", holder: 2, alone: true, recoverFrom: "1" });
    const lead = { cluster: "c", epoch: 2, ordinal: 0, view: view(5, [0, 1], 0), size: 3 };
    assert.deepEqual(ledBy(astray, lead), marker({ epoch: 2, holder: 0, view: lead.view }));
    assert.equal(ledBy(astray, { ...lead, epoch: 1 }), undefined, "that one was overtaken before");
    assert.equal(ledBy(astray, { ...lead, cluster: "other" }), undefined);
    assert.equal(ledBy({ ...astray, first: true }, lead), undefined);
    assert.equal(released(marker({ epoch: 3 }), lead), undefined, "it was confirmed");
  });

  it("is never taken for absent when it cannot be read", () => {
    assert.throws(() => parseMarker("null"));
    assert.throws(() => parseMarker("{}"));
    assert.throws(() => parseMarker("no json"));
    assert.deepEqual(parseMarker(JSON.stringify(marker())), marker());
  });
});

describe("agent: routes", () => {
  it("are never replaced by older ones", () => {
    assert.ok(mayReplace(undefined, "1.1"));
    assert.ok(mayReplace("garbage", "1.1"));
    assert.ok(mayReplace("1.9", "1.10"));
    assert.ok(mayReplace("1.9", "2.1"));
    assert.ok(mayReplace("1.9", "1.9"));
    assert.ok(!mayReplace("1.10", "1.9"));
    assert.ok(!mayReplace("2.1", "1.9"));
  });

  it("lead to one primary and to the replicas that serve", () => {
    const seen = view(7, [0, 1, 2, 3], 1);
    const closed = online(3, seen);
    closed.status.admitted = false;
    const peers = [online(0, seen), { ...online(2, seen), stopping: true }, closed];
    const routes = routesFrom(online(1, seen), seen, 2, peers, limits.volume);
    assert.deepEqual(routes.writes, { addresses: ["10.0.0.1"], fence: "2.7" });
    assert.deepEqual(routes.reads, { addresses: ["10.0.0.0"], fence: "2.7" });
    assert.deepEqual(routes.discovery, { addresses: ["10.0.0.0", "10.0.0.1"], fence: "2.7" });
  });

  it("lead reads to the primary when no replica serves", () => {
    const alone = view(7, [0], 0);
    assert.deepEqual(routesFrom(online(0, alone), alone, 2, [], limits.volume).reads, {
      addresses: ["10.0.0.0"],
      fence: "2.7",
    });
    const seen = view(7, [0, 1], 0);
    const closed = online(1, seen);
    closed.status.admitted = false;
    assert.deepEqual(routesFrom(online(0, seen), seen, 2, [closed], limits.volume).reads.addresses, [
      "10.0.0.0",
    ]);
  });
});

describe("agent: order of joining", () => {
  const seen = view(3, [0, 1, 3], 0);
  const all = [online(0, seen), online(1, seen), online(3, seen)];

  it("copies from the previous ordinal, then other replicas, and the primary last", () => {
    assert.deepEqual(donors(2, all, limits.volume), [1, 3, 0]);
    assert.deepEqual(donors(4, all, limits.volume), [3, 1, 0]);
    assert.deepEqual(donors(2, [{ ...all[1]!, stopping: true }, empty(3)], limits.volume), []);
  });

  it("waits for lower ordinals only, and only for those that are on their way", () => {
    const joining = { ...idle(1), activity: "joining" as const };
    assert.equal(ahead(2, [joining]), 1);
    assert.equal(ahead(0, [joining]), undefined);
    assert.equal(ahead(2, [{ ...joining, stopping: true }, idle(0)]), undefined);
    assert.equal(ahead(2, [idle(1, { member: "joining" })]), 1);
  });
});

describe("agent: memberships", () => {
  it("have a majority of more than half", () => {
    assert.deepEqual([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
  });

  it("are told by the newest record, without those who left it in good order", () => {
    const records = new Map([
      [0, record({ view: view(7, [0, 1], 1) })],
      [1, record({ view: view(6, [0, 1, 2], 0) })],
      [2, record({ view: view(6, [0, 1, 2], 0), left: true })],
    ]);
    assert.deepEqual(lastView(records), { epoch: 1, members: [0, 1], primaries: [1] });
  });

  it("of a later bootstrap beat any number of an earlier one", () => {
    const records = new Map([
      [0, record({ epoch: 2, view: view(1, [0], 0) })],
      [1, record({ epoch: 1, view: view(90, [0, 1, 2], 1) })],
    ]);
    assert.deepEqual(lastView(records)?.members, [0]);
  });

  it("name everyone who was taken for the primary in the newest one", () => {
    const records = new Map([
      [0, record({ view: view(7, [0, 1], 1) })],
      [1, record({ view: view(7, [0, 1], 0) })],
    ]);
    assert.deepEqual(lastView(records)?.primaries, [0, 1]);
  });

  it("are unknown without a record", () => {
    assert.equal(lastView(new Map()), undefined);
  });
});
