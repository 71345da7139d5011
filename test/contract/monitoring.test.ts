import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { familiesOf } from "../../agent/metrics/families";

const PAGE = readFileSync(join(__dirname, "..", "..", "docs", "monitoring.md"), "utf8");

describe("docs/monitoring.md", () => {
  it("lists each figure that there is, and no other", () => {
    const table = PAGE.split("## Figures")[1]?.split("\n## ")[0] ?? "";
    const cells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = ""]) => cell);
    const listed = cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name = ""]) => name));
    const units = ["transactions", "bytes"] as const;
    const told = units.flatMap((unit) =>
      familiesOf({
        engine: "",
        report: {
          set: "a/b",
          ordinal: 0,
          address: "",
          status: { process: "running", data: "data", member: "online", role: "replica" },
          behind: { amount: 0, unit, seconds: 0 },
          activity: "idle",
          stopping: false,
        },
        role: "none",
        ready: true,
        reason: "Serving",
        notices: [],
        promotions: 0,
        serverStarts: 0,
        tally: [],
        now: 0,
        process: { startedAt: 0, cpuSeconds: 0, residentBytes: 0 },
      }).map(({ name, kind }) => (kind === "counter" ? `${name}_total` : name)),
    );
    assert.deepEqual([...new Set(listed)].sort(), [...new Set(told)].sort());
  });
});
