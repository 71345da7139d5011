import * as assert from "node:assert/strict";
import { limited } from "../../../../agent/backup/store/limited";
import { Away } from "../../../../agent/backup/store/store";
import { MemoryStore } from "./memory-store";

describe("backup: a store that is read at a rate", () => {
  it("gives no more than that, whatever the sizes, and counts no time in which nobody read", async () => {
    let clock = 0;
    const inner = new MemoryStore();
    const sleep = async (time: number): Promise<void> => {
      clock += time;
    };
    const store = limited(inner, { kibPerSecond: 100, clock: () => clock, sleep });
    await store.put("small", Buffer.alloc(10 * 1024));
    await store.put("large", Buffer.alloc(1000 * 1024));
    assert.equal(clock, 0, "what is written is not limited by it");
    for (let count = 0; count < 10; count++) await store.get("small");
    assert.equal(Math.round(clock), 900);
    await store.get("large");
    assert.equal(Math.round(clock), 1_000);
    await store.get("small");
    assert.equal(Math.round(clock), 11_000);
    clock += 60_000;
    const before = clock;
    await store.get("small");
    assert.equal(clock, before);
  });

  it("passes on what the store does wrong", async () => {
    const inner = new MemoryStore();
    inner.failure = new Away("nobody answers");
    await assert.rejects(limited(inner, { kibPerSecond: 1 }).get("a"), Away);
  });
});
