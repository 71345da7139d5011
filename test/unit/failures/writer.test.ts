import assert from "node:assert/strict";
import { Addresses } from "../../e2e/support/traffic/writer/addresses";
import { attempt } from "../../e2e/support/traffic/writer/attempt";

const ONE = { id: "run-node1-main-1", side: "node1", through: "main" };

describe("an attempt to write", () => {
  it("tells what the server answered, and when", async () => {
    const before = Date.now();
    const done = await attempt(ONE, async () => ({ outcome: "acknowledged", server: "A", term: 3 }));
    assert.deepEqual(
      { ...done, start: 0, end: 0 },
      {
        ...ONE,
        start: 0,
        end: 0,
        outcome: "acknowledged",
        server: "A",
        term: 3,
      },
    );
    assert.ok(Math.abs(done.start - before) < 1000 && done.end >= done.start);
  });

  it("is no acknowledgement when the driver throws", async () => {
    const done = await attempt(ONE, async () => Promise.reject(new Error("connection refused")));
    assert.deepEqual([done.outcome, done.error, done.server], ["failed", "connection refused", undefined]);
  });

  it("has a second in all: then it is given up and its connection closed, whatever comes later", async () => {
    let closed = false;
    const done = await attempt(
      ONE,
      async (signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            closed = true;
            resolve({ outcome: "acknowledged", server: "A", term: 1 });
          });
        }),
      20,
    );
    assert.deepEqual([done.outcome, closed], ["failed", true]);
    assert.match(done.error ?? "", /no answer within 20 ms/);
  });
});

describe("addresses of members", () => {
  it("are the last ones that the name server told, also when it does not answer any more", async () => {
    const answers = ["198.18.65.2", undefined, "198.18.65.3"];
    const addresses = new Addresses(async () => {
      const next = answers.shift();
      if (next === undefined) throw new Error("ENOTFOUND");
      return next;
    });
    assert.throws(() => addresses.of("db-0"), /no address yet/);
    const told: string[] = [];
    for (let question = 0; question < 3; question++) {
      await addresses.ask("db-0");
      told.push(addresses.of("db-0"));
    }
    assert.deepEqual(told, ["198.18.65.2", "198.18.65.2", "198.18.65.3"]);
  });

  it("are taken as they are where no name is given", () => {
    assert.equal(new Addresses().of("198.19.0.7"), "198.19.0.7");
  });
});
