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
    });
  });

  it("does not hinder one with data that has not left yet", () => {
    const record = { stage: "member", epoch: 1, cluster: marker().cluster } as const;
    assert.equal(decided({ process: "stopped", data: "data" }, record).kind, "start");
  });
});

describe("cassandra: a member whose server calls its data broken", () => {
  const record = { stage: "member", epoch: 1, cluster: marker().cluster } as const;
  const refusal = { words: "CorruptSSTableException: Corrupted: nb-1-big-Data.db", blames: "data" } as const;
  const broken = { process: "stopped", data: "data", refusal } as const;

  it("begins with an empty disk when it has said so twice, and enough others have theirs", () => {
    const serving = { marker: marker() };
    assert.equal(decided({ ...broken, failures: 1 }, record, serving).kind, "start");
    assert.equal(decided({ ...broken, failures: 2 }, record, serving).kind, "set-aside");
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
