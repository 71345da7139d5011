import * as assert from "node:assert/strict";
import { sharePercent } from "../../../../agent/cassandra/share";
import { RingStanding, standingFrom, STANDING_QUESTIONS } from "../../../../agent/cassandra/standing";
import type { Row } from "../../../../agent/cassandra/client";

const [LEAST, QUARTER] = [-(2n ** 63n), 2n ** 62n];
const at = (quarter: number): string => String(LEAST + BigInt(quarter) * QUARTER);

describe("cassandra: how a member stands in its ring", () => {
  it("it holds all rows where there are no more members than copies", () => {
    assert.equal(sharePercent([at(0)], []), 100);
    assert.equal(sharePercent([at(0), at(1)], [[at(2)], [at(3)]]), 100);
  });

  it("of four with a quarter each it holds its own and the two before", () => {
    const four = [0, 1, 2, 3].map((quarter) => [at(quarter)]);
    for (const [index, own] of four.entries()) {
      assert.equal(
        sharePercent(
          own,
          four.filter((_, other) => other !== index),
        ),
        75,
      );
    }
  });

  it("the shares of many members are three times all rows, however the tokens lie", () => {
    let seed = 7n;
    const random = (): string => {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
      return String(seed + LEAST);
    };
    const members = Array.from({ length: 7 }, () => Array.from({ length: 16 }, random));
    const shares = members.map((own, index) =>
      sharePercent(
        own,
        members.filter((_, other) => other !== index),
      ),
    );
    const sum = shares.reduce((total, one) => total + one, 0);
    assert.ok(Math.abs(sum - 300) <= 4, shares.join(" "));
  });

  it("its own repair counts and no other member's, and none that has not ended", () => {
    const own = [{ host_id: "a", tokens: [at(0)] }];
    const repaired = (...rows: Row[]): number | undefined => standingFrom(own, [], [], rows).repaired;
    const end = new Date("2026-11-27T12:00:00Z");
    assert.equal(repaired({ host_id: "b", repair_finish_ts: end }), undefined);
    assert.equal(repaired({ host_id: "a", repair_finish_ts: new Date(0) }), undefined);
    assert.equal(repaired({ host_id: "a", repair_finish_ts: null }), undefined);
    assert.equal(
      repaired({ host_id: "b", repair_finish_ts: null }, { host_id: "a", repair_finish_ts: end }),
      end.getTime(),
    );
  });

  it("its hints are what it keeps for all others together", () => {
    const hints = [{ files: 5 }, { files: null }, { files: 7 }];
    assert.equal(standingFrom([{ host_id: "a", tokens: [] }], [], hints, []).hints, 12);
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
      standing.refresh();
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
      return standing.last?.share;
    };
    assert.equal(await look(), 100);
    assert.equal(await look(), 100);
    assert.equal(asked, 4);
    now = 15_000;
    broken = true;
    assert.equal(await look(), undefined);
    now = 30_000;
    broken = false;
    assert.equal(await look(), 100);
  });
});
