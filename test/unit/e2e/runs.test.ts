import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameOf, testFiles } from "../../e2e/lanes";
import { wishes } from "../../e2e/mocha-runs";
import { agentLines } from "../../e2e/support/report/failed-logs";
import {
  noteTiming,
  readResults,
  type Results,
  summaryOf,
  writeResults,
} from "../../e2e/support/report/summary";

const PLAIN: Results = { passing: 0, pending: 0, failures: [], suites: [], timings: [] };

describe("the end-to-end suites' runs", () => {
  it("have each suite once, and none beside others that strikes nodes or promises seconds", () => {
    const { sideBySide, alone } = testFiles();
    const all = [...sideBySide, ...alone].map(nameOf);
    assert.equal(new Set(all).size, all.length);
    for (const file of [
      "faults/faults.test.ts",
      "mysql/story/story.test.ts",
      "volumes/many-volumes.test.ts",
    ]) {
      assert.ok(alone.map(nameOf).includes(file), file);
    }
  });

  it("have of a failure what the agents said last, wherever its logs are", () => {
    const line = (container: string, text: string) =>
      `[pod/orders-0/${container}] 2026-11-26T21:59:37Z ${text}`;
    const log = [
      line("agent", "started"),
      line("agent", "starts the server"),
      line("postgresql", "starting"),
      line("agent", "waits for an operator"),
      line("postgresql", "gone"),
    ];
    const words = agentLines(log.join("\n"));
    assert.deepEqual(
      words.map((one) => one.replace(/^\S+ /, "")),
      ["starts the server", "waits for an operator"],
    );
    assert.deepEqual(agentLines("the server does not answer"), []);
  });

  it("tell suites all that these ask for", () => {
    const folder = join(__dirname, "..", "..", "e2e");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const read = files.flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/env\["(E2E_\w+)"\]/g)].map(
        ([, name = ""]) => name,
      ),
    );
    assert.ok(read.includes("E2E_RECORD"));
    const told = [...Object.keys(wishes({ long: false, record: true })), "E2E_RESULTS"];
    assert.deepEqual([...new Set(read)].sort(), told.sort());
  });

  it("are added up as mocha tells of one, with all that failed at the end", () => {
    const lines = summaryOf([
      { ...PLAIN, passing: 3, pending: 1, suites: [{ title: "a long one", seconds: 61.4 }] },
      { ...PLAIN, passing: 4, suites: [{ title: "a short one", seconds: 2 }] },
      {
        ...PLAIN,
        passing: 1,
        failures: [{ title: "what failed", error: "Error: why\n    at some line" }],
        timings: [{ what: "a gap", seconds: 1.5, atMostSeconds: 2 }],
      },
    ]);
    assert.deepEqual(lines, [
      "Time by suite:",
      "  a long one: 61 s",
      "",
      "Measured:",
      "  a gap: 1.5 s (at most 2 s)",
      "",
      "  8 passing",
      "  1 pending",
      "  1 failing",
      "",
      "  1) what failed:",
      "     Error: why\n         at some line",
      "",
    ]);
  });

  it("leave their figures in a file, and nothing where they came to no end", () => {
    const directory = mkdtempSync(join(tmpdir(), "e2e-runs-"));
    try {
      const file = join(directory, "below", "0.json");
      assert.equal(readResults(file), undefined);
      noteTiming("a gap", 1.26, 2);
      const { timings, ...rest } = { ...PLAIN, passing: 2 };
      writeResults(file, rest);
      assert.deepEqual(timings, []);
      assert.deepEqual(readResults(file), {
        ...rest,
        timings: [{ what: "a gap", seconds: 1.3, atMostSeconds: 2 }],
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
