import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ENGINE_NAMES } from "../../stacks/engines";

const PROJECT = join(__dirname, "..", "..");
const COMMITTED = join(PROJECT, "components", "agents", "bundles", "agent.cjs.gz");

describe("the agent's bundle", () => {
  let built: string;
  before(() => {
    built = mkdtempSync(join(tmpdir(), "stateful-bundle-"));
    execFileSync(process.execPath, ["agent/build.mjs", built], { cwd: PROJECT });
  });
  after(() => {
    rmSync(built, { recursive: true });
  });

  it("is what its sources build (npm run bundle makes it anew)", () => {
    const program = (path: string) => gunzipSync(readFileSync(path)).toString("utf8");
    assert.ok(
      program(join(built, "agent.cjs.gz")) === program(COMMITTED),
      "the committed program is not that of the sources",
    );
  });

  it("is one for all engines, and nothing else lies beside it", () => {
    assert.deepEqual(readdirSync(join(COMMITTED, "..")), ["agent.cjs.gz"]);
  });

  it("fits into a ConfigMap, which holds at most 1 MiB", () => {
    const { length } = readFileSync(COMMITTED);
    assert.ok((length * 4) / 3 < 1024 ** 2, `${length} bytes`);
  });

  describe("as a program for Node", () => {
    /** What it says before it ends, which it does when its environment lacks something. */
    const complaint = (env: Record<string, string>): string => {
      const program = join(built, "agent.cjs");
      writeFileSync(program, gunzipSync(readFileSync(COMMITTED)));
      const { status, stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: "utf8" });
      assert.equal(status, 1);
      return stdout + stderr;
    };

    it("says that its container names no engine", () => {
      assert.match(complaint({}), /STATEFUL_ENGINE is missing/);
    });

    it("says that it has not got an engine, as one of another version may not", () => {
      assert.match(
        complaint({ STATEFUL_ENGINE: "core" }),
        /STATEFUL_ENGINE is \\"core\\", which cannot be loaded/,
      );
    });

    for (const engine of ENGINE_NAMES) {
      it(`runs ${engine}, and says what its environment lacks`, () => {
        assert.match(complaint({ STATEFUL_ENGINE: engine }), /STATEFUL_NAME is missing/);
      });
    }
  });
});
