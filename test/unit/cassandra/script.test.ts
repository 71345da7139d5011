import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** Runs a line in a shell that has Cassandra's part of the script. `java` says what it was told. */
function run(line: string): { status: number | null; said: string } {
  const text = `java() { echo "\${@: -4}"; }; . components/cassandra/scripts/engine.sh; ${line}`;
  const { status, stdout } = spawnSync("bash", ["-c", text], { encoding: "utf8" });
  return { status, said: stdout };
}

describe("cassandra: its part of supervise.sh", () => {
  it("has the server's own tool do what the agent asks for, and nothing else", () => {
    for (const [word, told] of [
      ["decommission", /NodeTool decommission$/],
      ["reloadssl", /NodeTool reloadssl$/],
      // All rows, without who is away: by itself the tool compares what was not compared before, and with all or not at all.
      ["repair", /NodeTool repair --full --force$/],
    ] as const) {
      const { status, said } = run(`run_request ${word}`);
      assert.equal(status, 0);
      assert.match(said.trim(), told);
    }
    assert.deepEqual(run("run_request assassinate"), { status: 64, said: "" });
  });

  it("takes only a machine that was told to end for one whose data is sound", () => {
    assert.equal(run("is_restart 143").status, 0);
    for (const status of [0, 1, 137]) assert.notEqual(run(`is_restart ${status}`).status, 0);
  });
});
