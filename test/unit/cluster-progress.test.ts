import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

describe("a step of the test bed", () => {
  /** Its words where there is no terminal. */
  const words = (work: string, every = 60_000): string =>
    spawnSync(
      process.execPath,
      [
        "--require",
        "./test/register.js",
        "-e",
        `require("./cluster/progress").step("building", async () => { ${work} }, ${every}).catch(() => undefined);`,
      ],
      { encoding: "utf8" },
    ).stderr;

  it("says that it goes on, where there is no terminal to show it on", () => {
    const said = words("await new Promise((resolve) => setTimeout(resolve, 180));", 50).trimEnd().split("\n");
    assert.match(said[0]!, /^ {2}… building \(\d+\.\d s so far\)$/);
    assert.match(said.at(-1)!, /^ {2}✓ building \(\d+\.\d s\)$/);
  });

  it("says once how it ended, when it is short", () => {
    assert.match(words(""), /^ {2}✓ building \(\d+\.\d s\)\n$/);
    assert.match(words("throw new Error();"), /^ {2}✗ building \(\d+\.\d s\)\n$/);
  });
});
