import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const PROJECT = join(__dirname, "..", "..");
const COMMITTED = join(PROJECT, "components", "agents", "bundles");

describe("the agent's bundle", () => {
  let built: string;
  before(() => {
    built = mkdtempSync(join(tmpdir(), "stateful-bundle-"));
    execFileSync(process.execPath, ["agent/build.mjs", built], { cwd: PROJECT });
  });
  after(() => {
    rmSync(built, { recursive: true });
  });

  for (const engine of ["mysql", "postgresql"]) {
    describe(`of ${engine}`, () => {
      it("is what its sources build (npm run bundle makes it anew)", () => {
        const program = (folder: string) =>
          gunzipSync(readFileSync(join(folder, `${engine}.cjs.gz`))).toString("utf8");
        assert.ok(program(built) === program(COMMITTED), "the committed program is not that of the sources");
      });

      it("fits into a ConfigMap, which holds at most 1 MiB", () => {
        const { length } = readFileSync(join(COMMITTED, `${engine}.cjs.gz`));
        assert.ok((length * 4) / 3 < 1024 ** 2, `${length} bytes`);
      });

      it("is valid JavaScript for Node, and says what its environment lacks", () => {
        const program = join(built, `${engine}.cjs`);
        execFileSync("sh", [
          "-c",
          `gunzip -c "$1" > "$2"`,
          "sh",
          join(COMMITTED, `${engine}.cjs.gz`),
          program,
        ]);
        assert.throws(
          () => execFileSync(process.execPath, [program], { env: {}, stdio: "pipe" }),
          ({ stdout, stderr }: { stdout: Buffer; stderr: Buffer }) =>
            /STATEFUL_NAME is missing/.test(stdout.toString() + stderr.toString()),
        );
      });
    });
  }
});
