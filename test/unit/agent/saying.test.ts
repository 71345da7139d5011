import assert from "node:assert/strict";
import { Background } from "../../../agent/core/background";
import { sayingOf, type Doing } from "../../../agent/core/saying";
import { wait } from "../../../agent/core/world";

const said = (doing: Partial<Doing>) =>
  sayingOf({
    action: { kind: "serve" },
    activity: "idle",
    failure: undefined,
    full: false,
    restoring: () => undefined,
    ...doing,
  });

describe("agent: what it says of itself", () => {
  it("is what was decided, and what is under way while that lasts", () => {
    assert.deepEqual(said({}), { state: "serve", reason: "Serving" });
    assert.deepEqual(said({ action: { kind: "join", from: [0] }, activity: "joining" }), {
      state: "joining",
      reason: "Joining",
    });
    const alone = wait("NoQuorum", "1 of 3 answers");
    assert.deepEqual(said({ action: alone }), { state: "wait: 1 of 3 answers", reason: "NoQuorum" });
  });

  it("is the same between attempts and during them", () => {
    const clone = { kind: "clone", donor: 1 } as const;
    const failure = "the donor has gone";
    const between = said({ action: clone, failure });
    assert.deepEqual(between, {
      state: "clone; the last attempt failed: the donor has gone",
      reason: "AttemptFailed",
    });
    assert.equal(said({ action: clone, failure, activity: "cloning" }).state, between.state);
    assert.equal(said({ action: wait("NoQuorum", "1 of 3 answers"), failure }).reason, "NoQuorum");
  });

  it("keeps to why a server does not start while it is tried again", () => {
    const start = {
      kind: "start",
      init: false,
      reason: "ServerDoesNotStart",
      message: "unknown variable",
    } as const;
    const between = said({ action: start });
    assert.equal(between.state, "wait: unknown variable");
    assert.deepEqual(said({ action: start, activity: "starting" }), between);
  });

  it("tells of a full volume first, and of a restore in place of the bootstrap that it is", () => {
    const full = said({ full: true, activity: "joining" });
    assert.deepEqual(full, {
      state: "the volume is full, writes wait until it grows; joining",
      reason: "VolumeFull",
    });
    const restoring = () => ({ state: "replaying the log", reason: "Restoring" }) as const;
    assert.deepEqual(said({ activity: "founding", restoring }), restoring());
    assert.equal(said({ restoring }).state, "serve", "only what begins is made of a backup");
  });
});

describe("agent: a task in the background", () => {
  const settled = async () => new Promise((resolve) => setImmediate(resolve));

  it("is one at a time, and tells of a failure once until another one or a success", async () => {
    const told: string[] = [];
    const task = new Background((failure) => told.push(failure));
    const fail = async (why: string) => {
      task.run(async () => Promise.reject(new Error(why)));
      await settled();
    };
    await fail("away");
    await fail("away");
    await fail("refused");
    assert.deepEqual(told, ["away", "refused"]);
    let runs = 0;
    task.run(async () => {
      runs++;
      await Promise.resolve();
    });
    task.run(async () => {
      runs++;
    });
    await settled();
    assert.equal(runs, 1);
    assert.equal(task.failure, undefined);
    await fail("refused");
    assert.deepEqual(told, ["away", "refused", "refused"]);
  });
});
