import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateOf } from "../../cluster/layout";

describe("the local cluster's state", () => {
  let directory: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), "checkouts-")));
    for (const checkout of ["first", "second", "third"]) mkdirSync(join(directory, checkout));
    mkdirSync(join(directory, "first", ".cluster"));
    symlinkSync(join(directory, "first", ".cluster"), join(directory, "second", ".cluster"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("is the checkout's own, where it is as much as where it is not yet", () => {
    assert.equal(stateOf(join(directory, "first")), join(directory, "first", ".cluster"));
    assert.equal(stateOf(join(directory, "third")), join(directory, "third", ".cluster"));
  });

  it("has one name from each checkout that links to it: machines are found by it", () => {
    assert.equal(stateOf(join(directory, "second")), join(directory, "first", ".cluster"));
  });
});
