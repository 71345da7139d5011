import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exclusively, inTurn } from "../../cluster/lock";

describe("the local cluster's lock", () => {
  let directory: string;
  let file: string;

  before(function () {
    if (process.platform !== "linux") this.skip();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-lock-"));
    file = join(directory, "lock");
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("keeps a second command out, whichever program the first one is", async () => {
    await exclusively(async () => {
      await assert.rejects(
        exclusively(() => Promise.resolve(), file),
        new RegExp(`is at work here \\(process ${process.pid}\\): wait until it is done`),
      );
    }, file);
    await exclusively(() => Promise.resolve(), file);
  });

  it("is waited for where what is done next need not be refused, and is given back after a failure", async () => {
    let at = 0;
    const work = async (): Promise<void> => {
      at += 1;
      assert.equal(at, 1, "two at a time");
      await sleep(20);
      at -= 1;
    };
    await Promise.all([1, 2, 3].map(() => inTurn(work, file)));
    await assert.rejects(
      inTurn(() => Promise.reject(new Error("broken")), file),
      /broken/,
    );
    await inTurn(work, file);
    await inTurn(async () => {
      await assert.rejects(inTurn(work, file, 0.1), /waiting for others to be done with what .*lock/);
    }, file);
  });

  it("does not count when its process is gone, or the number is another's by now", async () => {
    for (const gone of ["999999999 1", `${process.pid} 1`, "", "no process"]) {
      writeFileSync(file, gone);
      let done = false;
      await exclusively(async () => {
        done = true;
      }, file);
      assert.ok(done, gone);
    }
  });
});
