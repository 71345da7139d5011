import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REASONS } from "../../components/protocol/reasons";

const PAGE = readFileSync(join(__dirname, "../../docs/states.md"), "utf8");

describe("the page of a member's states", () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)];

  it("has each identifier that an agent shows once, and no other", () => {
    assert.deepEqual(rows.map(([, reason]) => reason).sort(), [...REASONS].sort());
  });

  it("says of each what it means and what to do", () => {
    for (const [, reason, meaning, todo] of rows) assert.ok(meaning && todo, reason);
  });
});
