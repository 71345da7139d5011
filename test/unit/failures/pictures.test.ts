import assert from "node:assert/strict";
import { engines } from "../../e2e/support/engines/registry";
import { draw } from "../../e2e/support/report/pictures/draw";
import { runsSpec } from "../../e2e/support/report/pictures/runs";
import { courseWords, timelineSpec } from "../../e2e/support/report/pictures/timeline";
import type { Run } from "../../e2e/support/report/results";
import type { Timeline } from "../../e2e/support/report/timeline/timeline";
import { run } from "./runs";

/** All data that a picture is drawn of, wherever in its description it stands. */
function dataOf(spec: unknown): Record<string, unknown>[] {
  if (typeof spec !== "object" || spec === null) return [];
  const { data } = spec as { data?: { values: Record<string, unknown>[] } };
  return [...(data?.values ?? []), ...Object.values(spec).flatMap(dataOf)];
}

describe("the picture of all runs", () => {
  const marks = (...runs: Run[]) => dataOf(runsSpec(engines.mysql, runs));

  it("has a mark for each run of that engine with all its guarantees, beside what is asked", () => {
    const seen = marks(
      run({}),
      run({ writeGapSeconds: 3 }),
      run({ without: "replicas" }),
      run({ engine: "other" }),
    );
    const inRow = seen.filter(({ fault, kind }) => fault === "pod-deleted" && kind !== undefined);
    assert.deepEqual(
      inRow.map(({ seconds, kind }) => [seconds, kind]),
      [
        [2, "run that met all"],
        [3, "run that met all"],
        [engines.mysql.asked["pod-deleted"].writeGapSeconds, "longest gap asked for"],
      ],
    );
    assert.notEqual(inRow[0]?.["lane"], inRow[1]?.["lane"], "runs that are alike lie beside each other");
  });

  it("marks what missed the figure, or anything else that is asked", () => {
    const missed = (one: Run) => marks(one).filter(({ kind }) => kind === "run that missed something").length;
    assert.deepEqual([run({}), run({ writeGapSeconds: 5.1 }), run({ lost: 1 })].map(missed), [0, 1, 1]);
  });

  it("takes no gap for a second, as the verdict does", () => {
    const bounds = marks().filter(({ kind }) => kind === "longest gap asked for");
    assert.equal(bounds.find(({ fault }) => fault === "api-server-down")?.["seconds"], 1);
  });

  it("says which fault was not measured", () => {
    const unmeasured = marks(run({})).filter(({ kind }) => kind === undefined);
    assert.ok(unmeasured.some(({ fault }) => fault === "partition"));
    assert.ok(!unmeasured.some(({ fault }) => fault === "pod-deleted"));
  });

  it("is drawn alike each time, on its own ground, with misses in a shape of their own", async () => {
    const spec = runsSpec(engines.mysql, [run({}), run({ writeGapSeconds: 20 })]);
    const svg = await draw(spec);
    assert.equal(await draw(spec), svg);
    assert.match(svg, /^<svg [^]*<rect [^>]*fill="white"/);
    assert.doesNotMatch(svg, /NaN|undefined|\d\.\d{3}/);
    const shapes = new Set(
      [...svg.matchAll(/ d="([A-Z][^"]+)" fill="(#0969da|#cf222e)"/g)].map(([, d]) => d),
    );
    assert.ok(shapes.size >= 2, svg);
  });
});

describe("drawing a picture", () => {
  it("leaves what everybody else has as it was", async () => {
    await draw(runsSpec(engines.mysql, [run({})]));
    assert.equal(JSON.stringify({ seen: new Set([1]) }), '{"seen":{}}');
  });
});

describe("the picture of one run", () => {
  const timeline: Timeline = {
    ...{
      engine: "mysql",
      fault: "server-killed",
      setup: "three nodes",
      commit: "abc1234",
      at: "2026-01-01T00:00:00.000Z",
    },
    ...{ writeGapSeconds: 4, recoveredSeconds: 12, from: -3, to: 17 },
    writes: [
      [-20, 2, 0],
      [5, 0, 3],
      [41, 2, 0],
    ],
    members: [
      [
        { at: -3, role: "primary", reason: "Serving" },
        { at: 0.4, role: "none", reason: "ServerStarting" },
        { at: 0.5 },
        { at: 12, role: "replica", reason: "Serving" },
      ],
      [
        { at: -3, role: "replica", reason: "Serving" },
        { at: 3.9, role: "primary", reason: "Serving" },
      ],
    ],
    routes: [
      {
        suffix: "",
        changes: [
          { at: -3, leadsTo: [0] },
          { at: 0.6, leadsTo: [] },
          { at: 4, leadsTo: [1] },
        ],
      },
    ],
  };

  it("has each state from its beginning to the next one's, and nothing where there is no pod", () => {
    const bars = dataOf(timelineSpec(timeline)).filter(
      ({ row, kind }) => row === "member 0" && kind !== undefined,
    );
    const spans = new Set(bars.map(({ from, to, kind }) => JSON.stringify([from, to, kind])));
    assert.deepEqual(
      [...spans],
      [
        JSON.stringify([-3, 0.4, "writes"]),
        JSON.stringify([12, 17, "serves"]),
        JSON.stringify([0.4, 0.5, "waits"]),
      ],
    );
  });

  it("labels what has room for it, and says all in words", () => {
    const texts = (row: string) =>
      dataOf(timelineSpec(timeline))
        .filter((one) => one["row"] === row)
        .map(({ words }) => words);
    assert.ok(texts("member 0").includes(""), "half a second has no room for a word");
    assert.deepEqual(courseWords(timeline), [
      "member 0: primary; from 0.4 s on ServerStarting; from 0.5 s on no pod; from 12.0 s on replica",
      "member 1: replica; from 3.9 s on primary",
      "NAME leads to: 0; from 0.6 s on nobody; from 4.0 s on 1",
    ]);
  });

  it("draws acknowledged writes upwards, and failed ones downwards", async () => {
    const counts = dataOf(timelineSpec(timeline)).flatMap(({ outcome, count, at }) =>
      outcome === undefined ? [] : [[outcome, count, Number(at).toFixed(1)]],
    );
    assert.deepEqual(counts, [
      ["acknowledged", 2, "-2.0"],
      ["failed", -3, "0.5"],
      ["acknowledged", 2, "4.1"],
    ]);
    assert.doesNotMatch(await draw(timelineSpec(timeline)), /NaN|undefined/);
  });
});
