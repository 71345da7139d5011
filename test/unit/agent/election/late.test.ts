import * as assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { Late, monotonic, within } from "../../../../agent/core/clock";

/** The process is not let run for so long, ms. */
function stall(duration: number): void {
  for (const end = monotonic() + duration; monotonic() < end;);
}

describe("agent: what takes too long", () => {
  it("is late when it does not come in time", async () => {
    await assert.rejects(within(10, new Promise(() => undefined)), Late);
  });

  it("is not late when it came in time, to a process that was not let run", async () => {
    const answer = stat("/");
    const waiting = within(20, answer);
    stall(100);
    await waiting;
  });
});
