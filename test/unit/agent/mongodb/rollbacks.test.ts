import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rollbacks } from "../../../../agent/mongodb/rollbacks";

describe("what a MongoDB server has undone", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rollback-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("is said for as long as its files are there", async () => {
    const rollbacks = new Rollbacks(join(directory, "rollback"));
    assert.equal(await rollbacks.notice(), undefined, "a server that has undone nothing has no directory");
    const collection = join(directory, "rollback", "0193f2a4");
    mkdirSync(collection, { recursive: true });
    assert.equal(await rollbacks.notice(), undefined);
    for (const name of ["removed.2026-11-28T10-00-00.0.bson", "removed.2026-11-28T11-00-00.0.bson"])
      writeFileSync(join(collection, name), "");
    const notice = await rollbacks.notice();
    assert.match(notice?.text ?? "", /undone writes that no majority had.* 2 files below .*rollback$/);
    assert.match(notice?.advice ?? "", /bsondump/);
    rmSync(collection, { recursive: true });
    assert.equal(await rollbacks.notice(), undefined);
  });

  it("is not said to be nothing where it cannot be looked at", async () => {
    writeFileSync(join(directory, "file"), "");
    await assert.rejects(new Rollbacks(join(directory, "file")).notice(), /ENOTDIR/);
  });
});
