import * as assert from "node:assert/strict";
import { isReplaced } from "../../../agent/core/hung";
import { idle, online, view, limits } from "./fixtures";

describe("agent: a server that hangs", () => {
  const own = idle(2, { process: "starting" });
  const without = online(0, view(6, [0, 1], 0));

  it("is replaced once the others go on without it, and always where there are none", () => {
    assert.equal(isReplaced(own, [without], 3, limits.volume), true);
    assert.equal(
      isReplaced(own, [online(0, view(5, [0, 1, 2], 0))], 3, limits.volume),
      false,
      "they count it still",
    );
    assert.equal(isReplaced(own, [], 3, limits.volume), false, "nobody answers");
    assert.equal(isReplaced(own, [], 1, limits.volume), true);
  });

  it("is left alone while its volume is full or takes no writes: it may wait for that", () => {
    assert.equal(
      isReplaced(idle(2, { process: "starting", full: true }), [without], 3, limits.volume),
      false,
    );
    assert.equal(
      isReplaced(idle(2, { process: "starting", stalled: 5_000 }), [without], 3, limits.volume),
      false,
    );
  });
});
