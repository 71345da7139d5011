import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { recordedBackups } from "../e2e/support/report/backup-figures";
import { BACKUP_PAGE_FILE, BACKUP_PICTURE, backupPage, backupSpec } from "../e2e/support/report/backup-page";
import { draw } from "../e2e/support/report/pictures/draw";
import {
  MATRIX_FILE,
  matrixPage,
  matrixPictures,
  PICTURES,
  recordedResults,
  RUNS_FILE,
} from "../e2e/support/report/pages";
import { RunFile, summarize } from "../e2e/support/report/results";

describe("the page of what a backup of a gibibyte takes", () => {
  it("and its picture are made of the recorded runs (npm run failures -- --matrix makes them anew)", async () => {
    const recorded = recordedBackups();
    assert.equal(readFileSync(BACKUP_PAGE_FILE, "utf8"), await backupPage(recorded));
    const picture = readFileSync(join(PICTURES, BACKUP_PICTURE), "utf8");
    assert.ok(picture === (await draw(backupSpec(recorded))), "it is another picture");
  });
});

describe("the failure matrix", () => {
  it("is made of the recorded results (npm run failures -- --matrix writes it anew)", async () => {
    assert.equal(readFileSync(MATRIX_FILE, "utf8"), await matrixPage(recordedResults()));
  });

  it("has pictures that are made of the recorded runs (npm run failures -- --matrix draws them anew)", async () => {
    const drawn = await matrixPictures(recordedResults());
    const committed = readdirSync(PICTURES).filter((file) => /^(failures|timeline)-/.test(file));
    assert.deepEqual(committed.sort(), [...drawn.keys()].sort());
    for (const [file, svg] of drawn) {
      assert.ok(readFileSync(join(PICTURES, file), "utf8") === svg, `${file} is another picture`);
      assert.ok(svg.length < 60_000, `${file} is ${svg.length} characters long`);
    }
  });

  it("shows each of its pictures, with words for who does not see it", async () => {
    const page = readFileSync(MATRIX_FILE, "utf8");
    const shown = [...page.matchAll(/!\[([^\]]{30,})\]\(pictures\/([\w-]+\.svg)\)/g)].map(
      ([, , file]) => file,
    );
    assert.deepEqual(shown.sort(), [...(await matrixPictures(recordedResults())).keys()].sort());
  });

  it("stands on runs that are recorded one by one", () => {
    assert.deepEqual(recordedResults(), summarize(new RunFile(RUNS_FILE).runs));
  });
});
