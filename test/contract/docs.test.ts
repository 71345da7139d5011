import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pages } from "../../site/pages";

const PROJECT = join(__dirname, "..", "..");

/** The pages of this repository. */
function committed(): string[] {
  return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    cwd: PROJECT,
    encoding: "utf8",
  })
    .split("\n")
    .filter((page) => existsSync(join(PROJECT, page)) && page !== "");
}

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
      const reference = join(PROJECT, "docs", "reference");
      assert.deepEqual(readdirSync(out).sort(), readdirSync(reference).sort(), "run: npm run docs");
      for (const page of readdirSync(out)) {
        const written = (directory: string) => readFileSync(join(directory, page), "utf8");
        assert.ok(written(out) === written(reference), `${page} is another one. Run: npm run docs`);
      }
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it("links to files that are there", () => {
    const broken = committed().flatMap((page) =>
      [...readFileSync(join(PROJECT, page), "utf8").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target ?? "")
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(PROJECT, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it("is in the site's menu, each page once", () => {
    assert.deepEqual(pages().sort(), committed().sort(), "put it into a group of site/pages.ts");
  });
});
