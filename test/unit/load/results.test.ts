import assert from "node:assert/strict";
import type { Target, Variant } from "../../e2e/load/engine";
import { cellsOf, check, ratioOf, ratiosOf, type Run } from "../../e2e/load/results";
import { again, turned } from "../../e2e/load/rounds";

/** Runs of one case with so many transactions a second, by variant, in the order of the rounds. */
function runs(figures: Partial<Record<Variant, number[]>>, clients = 8): Run[] {
  return Object.entries(figures).flatMap(([variant, each]) =>
    each.map((perSecond) => ({ case: "writes", clients, variant: variant as Variant, perSecond, p95Ms: 1 })),
  );
}

describe("the price of high availability", () => {
  it("is a ratio within each round, and then the median of those", () => {
    const cells = cellsOf(runs({ three: [50, 20, 90], one: [100, 50, 100] }));
    assert.deepEqual(ratioOf(cells, "writes", 8, "three", "one")?.ratio, { min: 0.4, median: 0.5, max: 0.9 });
    assert.equal(ratioOf(cells, "writes", 8, "three", "group"), undefined);
    assert.equal(ratioOf(cells, "writes", 32, "three", "one"), undefined);
  });

  it("is told of each number of clients by itself, with its spread", () => {
    const cells = cellsOf([...runs({ one: [3, 1, 2] }), ...runs({ one: [9] }, 32)]);
    assert.deepEqual(
      cells.map(({ clients, perSecond, rounds }) => [clients, perSecond, rounds]),
      [
        [8, { min: 1, median: 2, max: 3 }, [3, 1, 2]],
        [32, { min: 9, median: 9, max: 9 }, [9]],
      ],
    );
  });

  it("is recorded beside a bare server with our settings, where there is one", () => {
    const pairs = ratiosOf(cellsOf(runs({ three: [1], one: [2], same: [4] })));
    assert.deepEqual(
      pairs.map(({ of, to, ratio }) => [of, to, ratio.median]),
      [
        ["three", "same", 0.25],
        ["one", "same", 0.5],
        ["three", "one", 0.5],
      ],
    );
  });

  it("is met or missed, each by itself", () => {
    const target = { of: "three", to: "one", atLeast: 0.4 } as const;
    const cells = cellsOf([...runs({ three: [40], one: [100] }), ...runs({ three: [39], one: [100] }, 32)]);
    assert.deepEqual(
      check(cells, [target]).map(({ clients, measured, atLeast, met }) => [clients, measured, atLeast, met]),
      [
        [8, 0.4, 0.4, true],
        [32, 0.39, 0.4, false],
      ],
    );
  });

  it("is bound by what the engine itself costs, where that is more", () => {
    const target = { of: "three", to: "one", atLeast: 0.4, bound: { variant: "group", share: 1 } } as const;
    const judge = (group: number) =>
      check(cellsOf(runs({ three: [30], one: [100], group: [group] })), [target])[0];
    assert.deepEqual([judge(30)?.met, judge(30)?.bound, judge(30)?.atLeast], [true, "group", 0.3]);
    assert.deepEqual([judge(31)?.met, judge(31)?.bound, judge(31)?.atLeast], [false, "group", 0.31]);
    assert.deepEqual([judge(90)?.met, judge(90)?.bound, judge(90)?.atLeast], [false, undefined, 0.4]);
    const without = check(cellsOf(runs({ three: [30], one: [100] })), [target])[0];
    assert.deepEqual(
      [without?.met, without?.atLeast],
      [false, 0.4],
      "a group that was not measured excuses nothing",
    );
  });

  it("may be asked for by the number of clients", () => {
    const target: Target = {
      ...{ of: "three", to: "one", atLeast: { 1: 0.6, 8: 0.4 } },
      bound: { variant: "group", share: 1 },
    };
    const figures = { three: [45], one: [100], group: [50] };
    const cells = [1, 8, 32].flatMap((clients) => cellsOf(runs(figures, clients)));
    assert.deepEqual(
      check(cells, [target]).map(({ clients, atLeast, asked, bound, met }) => [
        ...[clients, atLeast, asked, bound, met],
      ]),
      [
        [1, 0.5, 0.6, "group", false],
        [8, 0.4, 0.4, undefined, true],
      ],
    );
  });

  it("begins each round with another one", () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((round) => turned(["a", "b", "c"], round).join("")),
      ["abc", "bca", "cab", "abc"],
    );
  });

  it("makes a run again that came to nothing, and gives up in the end", async () => {
    let runs = 0;
    const fails = (times: number) => async () => {
      runs++;
      if (runs <= times) throw new Error("server closed the connection");
      return runs;
    };
    const told: string[] = [];
    const tell = (why: string) => told.push(why);
    assert.equal(await again(fails(2), tell, 0), 3);
    assert.deepEqual(told, Array(2).fill("server closed the connection"));
    runs = 0;
    await assert.rejects(again(fails(99), tell, 0), /server closed the connection/);
    assert.equal(runs, 5);
  });
});
