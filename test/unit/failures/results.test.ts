import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engines } from "../../e2e/support/engines/registry";
import { failureMatrix } from "../../e2e/support/report/matrix";
import { type Run, RunFile, shortcomings, summarize } from "../../e2e/support/report/results";
import type { Timeline } from "../../e2e/support/report/timeline/timeline";
import { run } from "./runs";

describe("results of failures", () => {
  it("are summed up by fault, with the least, middle and most of the runs", () => {
    const runs = [
      run({ writeGapSeconds: 3, commit: "def5678" }),
      run({ writeGapSeconds: 1, recoveredSeconds: 30 }),
      run({ writeGapSeconds: 4, lost: 2, twoPrimaries: 1 }),
      run({ fault: "partition", resumed: false, recovered: false }),
    ];
    const [first, second] = summarize(runs);
    assert.deepEqual(first, {
      engine: "mysql",
      fault: "pod-deleted",
      runs: 3,
      writeGapSeconds: { min: 1, median: 3, max: 4 },
      notResumed: 0,
      acknowledged: 300,
      lost: 2,
      twoPrimaries: 1,
      recoveredSeconds: { min: 10, median: 10, max: 30 },
      notRecovered: 0,
      setup: "three nodes",
      commit: "def5678, abc1234",
    });
    assert.deepEqual([second?.runs, second?.notResumed, second?.notRecovered], [1, 1, 1]);
  });

  it("tell what a fault asks for beside the figures, in the sum and on the page", () => {
    const broken = run({ fault: "large-transaction", violations: ["the server of db-1 ended"] });
    const [sum] = summarize([run({ fault: "large-transaction", violations: [] }), broken]);
    assert.deepEqual(sum?.violations, ["the server of db-1 ended"]);
    assert.deepEqual(shortcomings(sum, {}), ["violation"]);
    const page = failureMatrix(Object.values(engines), summarize([broken]));
    assert.match(page, /`large-transaction`.*\*\*missed\*\*: the server of db-1 ended/);
  });

  it("keep apart what was measured with more beside the servers, and tell it in a table of its own", () => {
    const results = summarize([run(), run({ extras: "a sidecar", lost: 5 })]);
    assert.deepEqual(
      results.map(({ extras, lost }) => [extras, lost]),
      [
        [undefined, 0],
        ["a sidecar", 5],
      ],
    );
    const page = failureMatrix(Object.values(engines), results);
    const [, more = ""] = page.split("### With more beside it");
    assert.match(more, /where the database has a sidecar\./);
    assert.match(more.split("###")[0] ?? "", /`pod-deleted`.*\*\*missed\*\*: 5 writes lost/);
    const matrix = page.slice(page.indexOf("## mysql"), page.indexOf("### With more"));
    assert.doesNotMatch(matrix, /writes lost/);
  });

  it("tell which alerts a fault raised, and after how long", () => {
    const seen = { engine: "mysql", watchedSeconds: 90, commit: "abc1234", at: "2026-01-01T00:00:00.000Z" };
    const page = failureMatrix(
      Object.values(engines),
      [],
      [],
      [
        { ...seen, fault: "disk-full", raised: [{ alert: "StatefulVolumeFull", seconds: 40 }] },
        { ...seen, fault: "pod-deleted", raised: [] },
      ],
    );
    assert.match(page, /`disk-full` \| `StatefulVolumeFull` after 40 s/);
    assert.match(page, /`pod-deleted` \| none in 90 s/);
  });

  it("keep apart what was measured with a guarantee switched off", () => {
    const results = summarize([run(), run({ without: "replicas", lost: 5 })]);
    assert.deepEqual(
      results.map(({ without, lost }) => [without, lost]),
      [
        [undefined, 0],
        ["replicas", 5],
      ],
    );
  });

  it("fall short where the worst run does", () => {
    const asked = { writeGapSeconds: 5 };
    const shortOf = (...runs: Run[]) => summarize(runs).map((result) => shortcomings(result, asked));
    assert.deepEqual(shortOf(run(), run({ writeGapSeconds: 5 })), [[]]);
    assert.deepEqual(shortOf(run(), run({ writeGapSeconds: 5.001 })), [["gap"]]);
    assert.deepEqual(shortOf(run(), run({ resumed: false })), [["gap"]]);
    assert.deepEqual(shortOf(run({ lost: 1 }), run({ twoPrimaries: 1 }), run({ recovered: false })), [
      ["lost", "two primaries", "not recovered"],
    ]);
  });
});

describe("the file of runs", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "runs-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("is there after each run, so that an interrupted series goes on where it was", () => {
    const path = join(directory, "results", "runs.json");
    new RunFile(path).add(run());
    const again = new RunFile(path);
    again.forget(run(), true);
    assert.equal(again.count(run()), 1);
    again.add(run());
    assert.equal(new RunFile(path).count(run()), 2);
  });

  it("forgets the runs of that fault alone when it is measured anew, or on another setup", () => {
    const file = new RunFile(join(directory, "runs.json"));
    for (const one of [run(), run({ fault: "partition" }), run({ without: "replicas" })]) file.add(one);
    const elsewhere = run({ setup: "five nodes" });
    assert.equal(file.count(elsewhere), 0);
    file.forget(elsewhere, true);
    assert.deepEqual([file.count(run()), file.runs.length], [0, 2]);
    file.forget(run({ fault: "partition" }), false);
    assert.deepEqual(
      file.runs.map(({ without }) => without),
      ["replicas"],
    );
  });
});

describe("the failure matrix", () => {
  const page = (...runs: Run[]) => failureMatrix(Object.values(engines), summarize(runs));
  const line = (text: string, start: string) =>
    chapterOf(text).find((one) => one.startsWith(`| \`${start}\``)) ?? "";
  const chapterOf = (text: string) => (text.split(`## ${run().engine}\n`)[1] ?? "").split("\n");

  it("puts what was measured beside what is asked", () => {
    const row = line(page(run(), run({ writeGapSeconds: 4 })), "pod-deleted");
    assert.match(row, /≤ 5 s \| 2\.0 \/ 2\.0 \/ 4\.0 s \| met \| 0 of 200 \| never \|.* \| 2 \|$/);
  });

  it("marks a figure that was missed, and says by how much", () => {
    assert.match(line(page(run({ writeGapSeconds: 7.25 })), "pod-deleted"), /\*\*missed\*\*: gap by 2\.3 s/);
    assert.match(line(page(run({ lost: 3 })), "pod-deleted"), /\*\*missed\*\*: 3 writes lost/);
    assert.match(line(page(run({ resumed: false })), "pod-deleted"), /writes did not resume in 1 runs/);
    const split = run({ twoPrimaries: 2 });
    assert.match(line(page(split), "pod-deleted"), /\*\*missed\*\*: two primaries \| 0 of 100 \| 2 \|/);
  });

  it("shows the course of a run where one is recorded, in words too", () => {
    const timeline: Timeline = {
      ...run({ fault: "server-killed" }),
      ...{ from: -3, to: 17, writes: [], members: [[{ at: -3, role: "primary" }]], routes: [] },
    };
    const chapter = chapterOf(failureMatrix(Object.values(engines), [], [timeline]));
    assert.ok(chapter.includes("### The course of one run"));
    assert.ok(chapter.some((one) => /^!\[.*\]\(pictures\/timeline-mysql-server-killed\.svg\)$/.test(one)));
    assert.ok(chapter.includes("- member 0: primary"));
    assert.doesNotMatch(page(run()), /The course of one run/);
  });

  it("shows all runs of an engine that was measured, and says which fault missed something", () => {
    const alt = chapterOf(page(run(), run({ lost: 1, fault: "partition" }))).find((one) =>
      one.startsWith("!["),
    );
    assert.match(alt ?? "", /each of 2 runs.* missed under partition\]\(pictures\/failures-mysql\.svg\)$/);
    assert.doesNotMatch(page(run({ without: "replicas" })), /!\[/);
  });

  it("says what was not measured", () => {
    assert.match(line(page(run()), "partition"), /not measured/);
  });

  it("says of each guarantee whether it was shown to be needed", () => {
    const lost = run({ fault: "node-stopped", without: "durable-commit", lost: 12 });
    assert.match(line(page(lost), "durable-commit"), /12 writes lost \| shown \|$/);
    assert.match(line(page({ ...lost, lost: 0 }), "durable-commit"), /met \| not shown \|$/);
    assert.match(line(page(), "durable-commit"), /not measured \| not shown \|$/);
    const why = engines.mysql.notShown[0]?.why ?? "";
    assert.ok(page().includes(`${why} | not shown |`));
  });
});
