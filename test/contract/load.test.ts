import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadedEngines } from "../e2e/load/registry";
import { loadPage, loadPictures, PAGE_FILE } from "../e2e/load/page";
import { check, type Loaded, ratiosOf, recorded, type Results } from "../e2e/load/results";
import { PICTURES } from "../e2e/support/report/pages";

describe("the page that says what high availability costs", () => {
  const results = recorded() as Results;

  it("is what the recorded figures make of it (npm run bench -- --load --page)", async () => {
    assert.equal(readFileSync(PAGE_FILE, "utf8"), await loadPage(results));
  });

  it("shows the pictures that they make, and no others are kept", async () => {
    const pictures = await loadPictures(results);
    const kept = readdirSync(PICTURES).filter((file) => file.startsWith("load-"));
    assert.deepEqual(kept.sort(), [...pictures.keys()].sort());
    for (const [file, picture] of pictures)
      assert.equal(readFileSync(join(PICTURES, file), "utf8"), picture, file);
  });

  it("is of what was measured, judged by what is asked", () => {
    for (const [name, { cells, ratios, checks, roundsEach }] of Object.entries<Loaded>(results.engines)) {
      assert.deepEqual(ratios, ratiosOf(cells), name);
      assert.deepEqual(checks, check(cells, loadedEngines.get(name)!.targets), name);
      for (const cell of cells) assert.equal(cell.rounds.length, roundsEach, `${name}, ${cell.case}`);
    }
  });
});
