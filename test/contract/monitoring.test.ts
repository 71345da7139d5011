import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { familiesOf } from "../../agent/metrics/families";
import { ALERTS } from "../../components/monitoring/alerts";
import { rulesForAll } from "../../components/monitoring/rules";

const DOCS = join(__dirname, "..", "..", "docs");
const PAGE = readFileSync(join(DOCS, "monitoring.md"), "utf8");
const HEADER =
  "# The alerts of monitoring.md for all databases that a Prometheus sees. `UPDATE_GOLDEN=1 npx mocha --grep monitoring` makes it anew.\n";

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

  it("says of each alert what to do, and of none that there is not", () => {
    const told = [...PAGE.matchAll(/^### (Stateful\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      told,
      ALERTS.map(({ name }) => name),
    );
    for (const { name, severity } of ALERTS) {
      const [, text = ""] = PAGE.split(`### ${name}\n\n`);
      assert.equal(text.startsWith("Critical"), severity === "critical", name);
    }
  });

  it("comes with the same alerts as a file for a Prometheus without an operator", () => {
    const file = join(DOCS, "alerts.yaml");
    const wanted = HEADER + dump({ groups: rulesForAll() }, { lineWidth: -1 });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, wanted);
    assert.equal(readFileSync(file, "utf8"), wanted);
  });
});
