import assert from "node:assert/strict";
import type { Target, Variant } from "../../e2e/load/engine";
import { loadPage } from "../../e2e/load/page";
import { loadedEngines } from "../../e2e/load/registry";
import { loadSpec } from "../../e2e/load/picture";
import { cellsOf, check, type Loaded, ratiosOf } from "../../e2e/load/results";

const TARGETS: Target[] = [
  { of: "three", to: "one", atLeast: 0.4, bound: { variant: "group", share: 1 } },
  { of: "one", to: "same", atLeast: 0.95 },
];

function loaded(figures: Partial<Record<Variant, number[]>>, repeated = 0): Loaded {
  const cells = cellsOf(
    Object.entries(figures).flatMap(([variant, each]) =>
      each.map((perSecond) => ({
        ...{ case: "writes", clients: 8, variant: variant as Variant },
        ...{ perSecond, p95Ms: 1000 / perSecond },
      })),
    ),
  );
  return {
    ...{ setup: "any 1 under a tool", group: "by hand", cases: { writes: "one write" } },
    ...{
      roundsEach: 3,
      secondsEach: 2,
      repeated,
      cells,
      ratios: ratiosOf(cells),
      checks: check(cells, TARGETS),
    },
  };
}

const page = async (of: Loaded): Promise<string> =>
  loadPage({ machine: { cores: 2, memoryGiB: 23 }, engines: { any: of } });

describe("the page of what high availability costs", () => {
  const figures = { three: [30, 20, 25], one: [100, 80, 90], same: [100, 100, 100], group: [50, 40, 45] };

  it("has every variant's median and the ratios with their spread", async () => {
    const text = (await page(loaded(figures))).replace(/ +/g, " ");
    assert.match(
      text,
      /\| writes \| 8 \| 25, 40 ms \| 90, 11 ms \| not measured \| 100, 10 ms \| 45, 22 ms \|/,
    );
    assert.match(text, /0\.28 \(0\.25 to 0\.30\)/);
  });

  it("says of each target whether it is met, and by how much it is missed", async () => {
    const text = await page(loaded(figures));
    assert.match(
      text,
      /Asked for three \/ one: at least 0\.40; met in 0 of 1\. Missed: writes with 8: 0\.278 of 0\.400\./,
    );
    assert.match(
      text,
      /Asked for one \/ same: at least 0\.95; met in 0 of 1\. Missed: writes with 8: 0\.900 of 0\.950\./,
    );
    const met = await page(loaded({ ...figures, three: [60, 60, 60], one: [99, 100, 98] }));
    assert.match(met, /three \/ one: at least 0\.40; met in all\./);
  });

  it("says what was asked with how many clients, where that differs", async () => {
    const atLeast = { 1: 0.6, 8: 0.4 };
    const one = loaded({ three: [50], one: [100], group: [30] });
    const target = { of: "three", to: "one", atLeast, bound: { variant: "group", share: 1 } } as const;
    const cells = [1, 8].flatMap((clients) => one.cells.map((cell) => ({ ...cell, clients })));
    const text = await page({ ...one, cells, checks: check(cells, [target]) });
    assert.match(
      text,
      /Asked for three \/ one: at least 0\.60 with 1, 0\.40 with 8, or what follows from the group where that is less, as in 2 of 2; met in all\./,
    );
  });

  it("says of which engine there are no figures yet", async () => {
    const text = await page(loaded(figures));
    for (const name of loadedEngines.keys())
      assert.match(text, new RegExp(`No figures of ${name} are recorded yet`));
  });

  it("tells of runs that were made again", async () => {
    assert.doesNotMatch(await page(loaded(figures)), /made again/);
    assert.match(await page(loaded(figures, 3)), /were made again: 3\./);
  });

  it("has a picture with a mark for each variant, beside what it is measured by", () => {
    const { layer } = loadSpec("any", loaded(figures)) as { layer: { data: { values: object[] } }[] };
    assert.deepEqual(
      layer[2]!.data.values.map((mark) => Object.values(mark).slice(0, 5)),
      [
        ["writes, 8 clients", "three members, ours", 0.2, 0.25, 0.3],
        ["writes, 8 clients", "one member, ours", 0.8, 0.9, 1],
        ["writes, 8 clients", "three, joined by hand", 0.4, 0.45, 0.5],
      ],
    );
  });
});
