import * as assert from "node:assert/strict";
import { factsFrom, type Seen } from "../../../../agent/core/election/facts";
import { empty, idle, marker, record } from "../fixtures";

describe("agent: what bears on an election", () => {
  const seen = (change: Partial<Seen>): Seen => ({
    own: idle(1),
    marker: marker(),
    replicas: 3,
    stopping: false,
    ...change,
  });

  it("before anything was looked at, a member is nothing", () => {
    const { wanted, member, holds, fit, founder, alone, ended } = factsFrom(seen({ own: undefined }));
    assert.equal(wanted, 3);
    assert.deepEqual([member, holds, fit, founder, alone, ended], Array(6).fill(false));
  });

  it("data of the cluster counts, also while the marker cannot be read", () => {
    for (const known of [marker(), "unknown", undefined] as const) {
      const { member, holds, fit } = factsFrom(seen({ marker: known }));
      assert.deepEqual([member, holds, fit], [true, true, true]);
    }
  });

  it("data of another cluster counts for nothing, and is nobody's member's", () => {
    const { member, holds } = factsFrom(seen({ marker: marker({ cluster: "another" }) }));
    assert.deepEqual([member, holds], [false, false]);
  });

  it("an empty disk follows where there is a cluster, and counts for nothing", () => {
    const { member, holds } = factsFrom(seen({ own: empty(1) }));
    assert.deepEqual([member, holds], [true, false]);
    assert.equal(factsFrom(seen({ own: empty(1), marker: undefined })).member, false);
    assert.equal(factsFrom(seen({ own: empty(1), marker: "unknown" })).member, false);
    assert.equal(factsFrom(seen({ own: empty(1), marker: marker({ phase: "founding" }) })).member, false);
  });

  it("a bootstrap that is not confirmed is neither data nor an empty disk", () => {
    const unconfirmed = record({ unconfirmed: 1 });
    for (const data of ["data", "fresh"] as const) {
      const { member, holds, founder } = factsFrom(seen({ own: idle(1, { data }, unconfirmed) }));
      assert.deepEqual([member, holds, founder], [false, false, false]);
    }
  });

  it("who bootstrapped the present epoch is its founder, and nobody else", () => {
    const founder = (change: Parameters<typeof marker>[0], memory = record()): boolean =>
      factsFrom(seen({ own: idle(1, {}, memory), marker: marker({ holder: 1, ...change }) })).founder;
    assert.equal(founder({}), true);
    assert.equal(founder({ holder: 0 }), false);
    assert.equal(founder({ phase: "founding" }), false);
    assert.equal(founder({ epoch: 2 }), false);
    assert.equal(founder({}, record({ epoch: 0 })), false);
  });

  it("an operator's choice is for the one whom it names, and its epoch", () => {
    const alone = (change: Parameters<typeof marker>[0]): boolean =>
      factsFrom(seen({ marker: marker({ holder: 1, alone: true, ...change }) })).alone;
    assert.equal(alone({}), true);
    assert.equal(alone({ holder: 2 }), false);
    assert.equal(alone({ epoch: 2 }), false);
  });

  it("who is being stopped, or has a disk that takes nothing, is not to be the primary", () => {
    const fit = (change: Partial<Seen>): boolean => factsFrom(seen(change)).fit;
    assert.equal(fit({ stopping: true }), false);
    assert.equal(fit({ own: { ...idle(1), stopping: true } }), false);
    assert.equal(fit({ own: idle(1, { full: true }) }), false);
    assert.equal(fit({ own: idle(1, { stalled: 5_000 }) }), false);
  });

  it("the size that was known last holds while the set cannot be asked for", () => {
    assert.equal(
      factsFrom(seen({ replicas: undefined, own: idle(1, {}, record({ replicas: 5 })) })).wanted,
      5,
    );
    assert.equal(factsFrom(seen({ replicas: undefined })).wanted, 0);
  });

  it("a server has ended when no process of it is there", () => {
    assert.equal(factsFrom(seen({ own: idle(1, { process: "stopped" }) })).ended, true);
    assert.equal(factsFrom(seen({ own: idle(1, { process: "starting" }) })).ended, false);
  });
});
