import * as assert from "node:assert/strict";
import { cassandraPolicy } from "../../../../agent/cassandra/policy";
import { decide } from "../../../../agent/core/policy";
import type { Report } from "../../../../agent/core/types";
import type { Action, World } from "../../../../agent/core/world";
import { idle, marker, online, view, world } from "../fixtures";

/** Member 3 of four, which the ring is to have three of. */
function decided(
  own: Partial<Report["status"]>,
  record: Report["record"],
  more: Partial<World> = {},
): Action {
  const report: Report = { ...idle(3, own), record };
  const peers = more.peers ?? [0, 1, 2].map((ordinal) => online(ordinal, view(1, [0, 1, 2])));
  const wanted = { replicas: 4, marker: marker({ scaleInTo: "3" }), ...more };
  return decide(cassandraPolicy, world(report, [...peers], wanted));
}

describe("cassandra: a member that has left its ring", () => {
  const departed = { stage: "fresh", epoch: 0, departed: true } as const;

  it("is ended, also where its server was started again", () => {
    assert.equal(decided({ process: "running", data: "data", departed: true }, undefined).kind, "depart");
    assert.equal(decided({ process: "starting", data: "fresh" }, departed).kind, "depart");
  });

  it("stays away while the ring is to have so few, and joins anew when it is to have more", () => {
    const away = decided({ process: "stopped", data: "fresh" }, departed);
    assert.deepEqual([away.kind, away.kind === "wait" && away.reason], ["wait", "ScaledIn"]);
    const back = decided({ process: "stopped", data: "fresh" }, departed, {
      marker: marker(),
    });
    assert.equal(back.kind, "set-aside");
  });

  it("is no such where its disk was lost: it takes its place in the ring, to hand that over", () => {
    const peers = [0, 1, 2].map((ordinal) => online(ordinal, view(1, [0, 1, 2, 3])));
    assert.deepEqual(decided({ process: "stopped", data: "none" }, undefined, { peers }), {
      kind: "start",
      init: true,
      once: true,
    });
  });

  it("does not hinder one with data that has not left yet", () => {
    const record = { stage: "member", epoch: 1, cluster: marker().cluster } as const;
    assert.equal(decided({ process: "stopped", data: "data" }, record).kind, "start");
  });
});

describe("cassandra: a member that is to join", () => {
  const wanted = { replicas: 4, marker: marker() };
  const empty = { process: "stopped", data: "none" } as const;
  const others = (seen: number[] = [0, 1, 2]): Report[] => [0, 1, 2].map((one) => online(one, view(1, seen)));
  const joined = { kind: "start", init: true, once: true };
  const waits = (action: Action): string | false => action.kind === "wait" && action.reason;

  it("does so once, so that it is seen how that ends before there is another start", () => {
    assert.deepEqual(decided(empty, undefined, { ...wanted, peers: others() }), joined);
  });

  it("waits for who is in no ring and says nothing, which may be joining", () => {
    const [first, second] = others([0, 1]);
    const peers = [first!, second!];
    assert.equal(waits(decided(empty, undefined, { ...wanted, peers })), "WaitsForTurn");
    // Who is in the ring and away is not about to join it.
    const counted = [0, 1].map((one) => online(one, view(1, [0, 1, 2])));
    assert.deepEqual(decided(empty, undefined, { ...wanted, peers: counted }), joined);
  });

  it("takes its own place in the ring with an empty disk, whoever never came", () => {
    const peers = [0, 1].map((one) => online(one, view(1, [0, 1, 3])));
    assert.deepEqual(decided(empty, undefined, { ...wanted, peers }), joined);
  });

  it("makes what a start left behind anew, and waits until the ring has forgotten that start", () => {
    const [first, ...rest] = others();
    const peers = [{ ...first!, status: { ...first!.status, outside: [3] } }, ...rest];
    const record = { stage: "fresh", epoch: 0 } as const;
    const left = { process: "stopped", data: "fresh", failures: 1 } as const;
    for (const status of [left, empty])
      assert.equal(waits(decided(status, record, { ...wanted, peers })), "WaitsForTurn");
    const anew = decided(left, record, { ...wanted, peers: others() });
    const message = "it has not become a member with what is on its disk";
    assert.deepEqual(anew, { kind: "set-aside", message, only: true });
  });

  it("deletes nothing of what the ring may count it for, though nobody has written down that it is a member", () => {
    const counted = decided(
      { process: "stopped", data: "fresh" },
      { stage: "fresh", epoch: 0 },
      { ...wanted, peers: others([0, 1, 2, 3]) },
    );
    assert.equal("keep" in counted && counted.keep, true);
  });

  it("agrees with every other one on who goes first, also where one has failed to", () => {
    const failed = idle(2, { ...empty, failures: 1 });
    const fresh = idle(3, empty);
    const members = [0, 1].map((one) => online(one, view(1, [0, 1])));
    const of = (own: Report, other: Report): Action =>
      decide(cassandraPolicy, world(own, [...members, other], { replicas: 4, marker: marker() }));
    assert.deepEqual(of(fresh, failed), joined);
    assert.equal(waits(of(failed, fresh)), "WaitsForTurn");
    const about = { ...fresh, activity: "starting" as const };
    assert.equal(waits(of(idle(2, empty), about)), "WaitsForTurn", "its server is about to be started");
  });
});

describe("cassandra: a member whose server calls its data broken", () => {
  const record = { stage: "member", epoch: 1, cluster: marker().cluster } as const;
  const refusal = { words: "CorruptSSTableException: Corrupted: nb-1-big-Data.db", blames: "data" } as const;
  const broken = { process: "stopped", data: "data", refusal } as const;

  it("begins with an empty disk when it has said so twice, and enough others have theirs", () => {
    const serving = { marker: marker() };
    assert.equal(decided({ ...broken, failures: 1 }, record, serving).kind, "start");
    const aside = decided({ ...broken, failures: 2 }, record, serving);
    assert.deepEqual([aside.kind, "only" in aside && aside.only], ["set-aside", true]);
    // A row has three copies in a ring of any size.
    const five = [0, 1, 2, 4].map((one) => online(one, view(1, [0, 1, 2, 3, 4, 5])));
    const kept = decided({ ...broken, failures: 2 }, record, { ...serving, replicas: 6, peers: five });
    assert.equal(kept.kind, "start");
  });

  it("keeps it, and tries again, where the others do not", () => {
    const alone = decided({ ...broken, failures: 9 }, record, { marker: marker(), peers: [] });
    assert.deepEqual([alone.kind, alone.kind === "start" && alone.init], ["start", false]);
  });

  it("keeps it where the server blames something else", () => {
    const full = { ...broken, refusal: { words: "No space left on device" }, failures: 9 };
    assert.equal(decided(full, record, { marker: marker() }).kind, "start");
  });
});

describe("cassandra: a ring that has another password for its agents", () => {
  const record = { stage: "member", epoch: 1, cluster: marker().cluster } as const;
  const shut = { process: "running", data: "data", lockedOut: true } as const;
  const locked = (ordinal: number): Report => ({ ...idle(ordinal, shut), record });
  const all = [0, 1, 2, 3];
  const decisions = (reports: Report[], by = all): (string | undefined)[] =>
    by.map((ordinal) => {
      const own = reports.find((report) => report.ordinal === ordinal)!;
      const peers = reports.filter((report) => report !== own);
      const action = decide(cassandraPolicy, world(own, peers, { replicas: 4, marker: marker() }));
      return action.kind === "wait" ? action.reason : action.kind;
    });

  it("is entered by one of them, for all", () => {
    assert.deepEqual(decisions(all.map(locked)), ["step", "LockedOut", "LockedOut", "LockedOut"]);
    assert.deepEqual(decisions([2, 3].map(locked), [2, 3]), ["step", "LockedOut"]);
  });

  it("is left to that one while its server ends and starts for it, and not to one that does not start", () => {
    const others = [1, 2].map(locked);
    const coming = (status: Partial<Report["status"]>): Report => ({
      ...idle(0, { data: "data", ...status }),
      record,
    });
    for (const process of ["stopped", "starting", "running"] as const)
      assert.deepEqual(decisions([coming({ process }), ...others], [1, 2]), ["LockedOut", "LockedOut"]);
    for (const away of [coming({ process: "stopped", failures: 1 }), coming({ data: "none" })])
      assert.deepEqual(decisions([away, ...others], [1, 2]), ["step", "LockedOut"]);
  });

  it("is entered by nobody while one is let in, who makes the password for all", () => {
    const inside = { ...online(3, view(1, all)), record };
    assert.deepEqual(decisions([...[0, 1, 2].map(locked), inside], [0, 1, 2]), Array(3).fill("LockedOut"));
    assert.deepEqual(decisions([...[0, 1, 2].map(locked), { ...inside, stopping: true }], [0]), ["step"]);
  });

  it("is not entered by one that is no member yet, nor while it has not lasted", () => {
    const fresh = { ...idle(0, { ...shut, data: "fresh" }), record: undefined };
    assert.deepEqual(decisions([fresh], [0]), ["CatchingUp"]);
    assert.deepEqual(decisions([{ ...locked(0), record: { ...record, unconfirmed: 1 } }], [0]), [
      "CatchingUp",
    ]);
    const denied = { ...idle(0, { process: "running", data: "data", lockedOut: false }), record };
    assert.deepEqual(decisions([denied], [0]), ["CatchingUp"]);
  });
});
