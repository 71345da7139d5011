import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../../../operate/deploy/stack-config";

describe("--local where there is no local cluster", () => {
  let checkout: string;

  /** A checkout of the same sources without a cluster, whatever this one has. */
  before(() => {
    checkout = mkdtempSync(join(tmpdir(), "stateful-local-"));
    const needed = ["agent", "bin", "cluster", "components", "operate", "packaging", "render", "stacks"];
    for (const folder of needed) cpSync(join(PROJECT, folder), join(checkout, folder), { recursive: true });
    for (const file of [
      "index.ts",
      "package.json",
      "tsconfig.json",
      "tsconfig.run.json",
      "Pulumi.dev.yaml",
    ]) {
      cpSync(join(PROJECT, file), join(checkout, file));
    }
    symlinkSync(join(PROJECT, "node_modules"), join(checkout, "node_modules"));
  });

  after(() => {
    rmSync(checkout, { recursive: true });
  });

  for (const command of ["status", "down"]) {
    it(`is refused by ${command}, in words`, () => {
      const { status, stderr } = spawnSync(process.execPath, ["bin/stateful.js", command, "--local"], {
        cwd: checkout,
        encoding: "utf8",
      });
      assert.equal(status, 1);
      assert.match(stderr, /^There is no local cluster.*\n$/);
    });
  }
});
