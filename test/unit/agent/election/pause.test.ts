import * as assert from "node:assert/strict";
import { Pause } from "../../../../agent/core/pause";
import { monotonic } from "../../../../agent/core/clock";

describe("agent: a pause between two turns", () => {
  it("lasts as long as was asked for", async () => {
    const began = monotonic();
    await new Pause().wait(50);
    assert.ok(monotonic() - began >= 45);
  });

  it("ends when something happens in it", async () => {
    const pause = new Pause();
    const waiting = pause.wait(60_000);
    pause.cut();
    await waiting;
  });

  it("is left out when something has happened during the turn, and once only", async () => {
    const pause = new Pause();
    pause.cut();
    pause.cut();
    await pause.wait(60_000);
    const began = monotonic();
    await pause.wait(50);
    assert.ok(monotonic() - began >= 45);
  });
});
