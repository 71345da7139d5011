import * as assert from "node:assert/strict";
import { type Place, sharePercent } from "../../../../agent/cassandra/share";
import { RingStanding, standingFrom, STANDING_QUESTIONS } from "../../../../agent/cassandra/standing";
import type { Row } from "../../../../agent/cassandra/client";

const [LEAST, QUARTER] = [-(2n ** 63n), 2n ** 62n];
const at = (quarter: number): string => String(LEAST + BigInt(quarter) * QUARTER);
const place = (tokens: string[], rack = "rack1"): Place => ({ tokens, rack });

/** Of each of several members. */
function sharesOf(members: readonly Place[]): number[] {
  return members.map((own) =>
    sharePercent(
      own,
      members.filter((other) => other !== own),
    ),
  );
}

describe("cassandra: how a member stands in its ring", () => {
  it("it holds all rows where there are no more members than copies", () => {
    assert.equal(sharePercent(place([at(0)]), []), 100);
    assert.equal(sharePercent(place([at(0), at(1)]), [place([at(2)]), place([at(3)])]), 100);
  });

  it("of four with a quarter each it holds its own and the two before", () => {
    assert.deepEqual(sharesOf([0, 1, 2, 3].map((quarter) => place([at(quarter)]))), [75, 75, 75, 75]);
  });

  it("of four in three racks, the two of one rack share a copy of all rows between them", () => {
    const racks = ["a", "b", "c", "c"];
    assert.deepEqual(sharesOf(racks.map((rack, quarter) => place([at(quarter)], rack))), [100, 100, 75, 25]);
  });

  it("of two racks, the one with one member has a copy of every row there", () => {
    const racks = ["a", "b", "b", "b"];
    assert.deepEqual(sharesOf(racks.map((rack, quarter) => place([at(quarter)], rack))), [100, 75, 75, 50]);
  });

  for (const racks of [["rack1"], ["a", "b", "c"], ["a", "b"]]) {
    it(`the shares of many members in ${racks.length} racks are three times all rows, however the tokens lie`, () => {
      let seed = 7n;
      const random = (): string => {
        seed = (seed * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
        return String(seed + LEAST);
      };
      const members = Array.from({ length: 7 }, (_, index) =>
        place(Array.from({ length: 16 }, random), racks[index % racks.length]),
      );
      const shares = sharesOf(members);
      const sum = shares.reduce((total, one) => total + one, 0);
      assert.ok(Math.abs(sum - 300) <= 4, shares.join(" "));
    });
  }

  it("tells the racks of those whose address is a member's", () => {
    const peers = [
      { peer: "10.1.0.1", rack: "b", tokens: [] },
      { peer: "10.1.0.9", rack: "x", tokens: [] },
    ];
    const local = [{ broadcast_address: "10.1.0.0", host_id: "a", rack: "a", tokens: [] }];
    const ordinals = new Map([
      ["10.1.0.0", 0],
      ["10.1.0.1", 1],
    ]);
    assert.deepEqual(standingFrom({ keyspaces: [], local, peers, hints: [], repairs: [] }, ordinals).racks, {
      0: "a",
      1: "b",
    });
  });

  it("its own repair counts and no other member's, and none that has not ended", () => {
    const own = [{ host_id: "a", tokens: [at(0)] }];
    const repaired = (...rows: Row[]): number | undefined =>
      standingFrom({ keyspaces: [], local: own, peers: [], hints: [], repairs: rows }, new Map()).repaired;
    const end = new Date("2026-11-27T12:00:00Z");
    assert.equal(repaired({ host_id: "b", repair_finish_ts: end }), undefined);
    assert.equal(repaired({ host_id: "a", repair_finish_ts: new Date(0) }), undefined);
    assert.equal(repaired({ host_id: "a", repair_finish_ts: null }), undefined);
    assert.equal(
      repaired({ host_id: "b", repair_finish_ts: null }, { host_id: "a", repair_finish_ts: end }),
      end.getTime(),
    );
  });

  it("tells which keyspaces have one copy of each row, and leaves out the server's own", () => {
    const keyspaces = [
      { keyspace_name: "app", replication: { class: "x", dc1: "3" } },
      { keyspace_name: "cache", replication: { class: "x", dc1: "1" } },
      { keyspace_name: "old", replication: { class: "x", replication_factor: "1" } },
      { keyspace_name: "system", replication: { class: "LocalStrategy" } },
      { keyspace_name: "system_traces", replication: { class: "x", replication_factor: "1" } },
    ];
    const answers = { local: [{ host_id: "a", tokens: [] }], peers: [], hints: [], repairs: [], keyspaces };
    assert.deepEqual(standingFrom(answers, new Map()).single, ["cache", "old"]);
  });

  it("its hints are what it keeps for all others together", () => {
    const hints = [{ files: 5 }, { files: null }, { files: 7 }];
    const local = [{ host_id: "a", tokens: [] }];
    assert.equal(standingFrom({ keyspaces: [], local, peers: [], hints, repairs: [] }, new Map()).hints, 12);
  });

  it("is looked at now and then; what cannot be asked is not told", async () => {
    let now = 0;
    let asked = 0;
    let broken = false;
    const server = {
      run: async (question: string): Promise<Row[]> => {
        asked++;
        if (broken) throw new Error("read timeout");
        return Promise.resolve(
          question === STANDING_QUESTIONS.local ? [{ host_id: "a", tokens: [at(0)] }] : [],
        );
      },
    };
    const standing = new RingStanding(
      server,
      () => now,
      () => undefined,
    );
    const look = async (): Promise<number | undefined> => {
      standing.refresh(new Map());
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
      return standing.last?.share;
    };
    assert.equal(await look(), 100);
    assert.equal(await look(), 100);
    assert.equal(asked, 5);
    now = 15_000;
    broken = true;
    assert.equal(await look(), undefined);
    now = 30_000;
    broken = false;
    assert.equal(await look(), 100);
  });
});
