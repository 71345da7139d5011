import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { MATRIX_FILE, matrixPage, recordedResults, RUNS_FILE } from "../e2e/support/report/pages";
import { RunFile, summarize } from "../e2e/support/report/results";

describe("the failure matrix", () => {
  it("is made of the recorded results (npm run failures -- --matrix writes it anew)", async () => {
    assert.equal(readFileSync(MATRIX_FILE, "utf8"), await matrixPage(recordedResults()));
  });

  it("stands on runs that are recorded one by one", () => {
    assert.deepEqual(recordedResults(), summarize(new RunFile(RUNS_FILE).runs));
  });
});
