import assert from "node:assert/strict";
import { watch } from "../../../operate/cli/watch";

describe("status that is watched", () => {
  /** Looks until there is nothing more to see, and keeps what was written. */
  async function seen(
    texts: (string | Error)[],
    isTerminal: boolean,
  ): Promise<{ out: string; healthy: boolean }> {
    const stop = new AbortController();
    let out = "";
    const looks = [...texts];
    const healthy = await watch(
      async () => {
        const next = looks.shift();
        if (looks.length === 0) stop.abort();
        await Promise.resolve();
        if (next instanceof Error) throw next;
        return { text: next ?? "", healthy: next === "well" };
      },
      { screen: { isTerminal, write: (text) => void (out += text) }, everyMs: 1, stopped: stop.signal },
    );
    return { out, healthy };
  }

  it("writes only what has changed where nothing can be drawn over", async () => {
    assert.deepEqual(await seen(["bad", "bad", "well"], false), { out: "bad\nwell\n", healthy: true });
  });

  it("draws each look over the one before on a terminal", async () => {
    const { out } = await seen(["bad", "well"], true);
    assert.equal(out.split("\x1b[H\x1b[2J\x1b[3J").length, 3, JSON.stringify(out));
  });

  it("goes on when a look fails, and ends as the last one was", async () => {
    assert.deepEqual(await seen([new Error("no answer"), "well"], false), {
      out: "no answer\nwell\n",
      healthy: true,
    });
    assert.equal((await seen(["well", new Error("no answer")], false)).healthy, false);
  });

  it("ends at once when it is interrupted between two looks", async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 20);
    const began = Date.now();
    await watch(() => Promise.resolve({ text: "x", healthy: true }), {
      screen: { isTerminal: false, write: () => undefined },
      everyMs: 60_000,
      stopped: stop.signal,
    });
    assert.ok(Date.now() - began < 10_000);
  });
});
