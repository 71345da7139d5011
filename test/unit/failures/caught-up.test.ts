import assert from "node:assert/strict";
import { caughtUp } from "../../e2e/support/run";
import { isAcknowledged } from "../../e2e/support/traffic/attempts";
import { steady } from "./logs";

const attempts = steady(90, 99, "A", 1);
const all = new Set(attempts.filter(isAcknowledged).map(({ id }) => id));
const MEMBERS = ["db-0", "db-1"];

/** Writers that are answered one of these each time, the last one for good. */
function answered(...answers: [string, ReadonlySet<string>][][]) {
  let asked = 0;
  return {
    asked: () => asked,
    rows: async () => new Map(answers[Math.min(asked++, answers.length - 1)]),
  };
}

describe("reading every member's rows after a failure", function () {
  this.timeout(10_000);

  it("goes on until every member has answered: one that does not is no member that has all", async () => {
    const writers = answered(
      [],
      [["db-0", all]],
      MEMBERS.map((member) => [member, all]),
    );
    const rows = await caughtUp(writers, "node1", attempts, MEMBERS);
    assert.deepEqual([...rows.keys()], MEMBERS);
    assert.equal(writers.asked(), 3);
  });

  it("gives what it has when time is up", async () => {
    const rows = await caughtUp(answered([["db-0", all]]), "node1", attempts, MEMBERS, 0);
    assert.deepEqual([...rows.keys()], ["db-0"]);
  });
});
