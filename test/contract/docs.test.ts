import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const PROJECT = join(__dirname, "..", "..");

describe("the documentation", () => {
  it("has the reference that the docstrings make (npm run docs writes it anew)", function () {
    this.timeout(60_000);
    const out = mkdtempSync(join(tmpdir(), "docs-"));
    try {
      const typedoc = join(PROJECT, "node_modules", "typedoc", "bin", "typedoc");
      execFileSync(process.execPath, [typedoc, "--logLevel", "Warn", "--out", out], {
        cwd: PROJECT,
        stdio: ["ignore", "ignore", "inherit"],
      });
      const written = (directory: string) => readFileSync(join(directory, "README.md"), "utf8");
      assert.ok(written(out) === written(join(PROJECT, "docs", "reference")), "run: npm run docs");
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it("links to files that are there", () => {
    const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: PROJECT, encoding: "utf8" })
      .split("\n")
      .filter((page) => page !== "" && !page.startsWith("docs/reference/"));
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(PROJECT, page), "utf8").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target ?? "")
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(PROJECT, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });
});
