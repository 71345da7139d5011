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

  it("goes by how many members the engine claims to hold a row", async () => {
    const half = new Set([...all].slice(0, 5));
    const rest = new Set([...all].slice(5));
    const parts: [string, ReadonlySet<string>][] = [
      ["db-0", half],
      ["db-1", rest],
    ];
    const writers = answered(parts);
    await caughtUp(writers, "node1", attempts, MEMBERS, { copies: 1 });
    assert.equal(writers.asked(), 1);
    const missing = answered(
      [["db-0", half]],
      [
        ["db-0", half],
        ["db-1", new Set()],
      ],
      parts,
    );
    await caughtUp(missing, "node1", attempts, MEMBERS, { copies: 1 });
    assert.equal(missing.asked(), 3);
  });

  it("gives what it has when time is up", async () => {
    const rows = await caughtUp(answered([["db-0", all]]), "node1", attempts, MEMBERS, { seconds: 0 });
    assert.deepEqual([...rows.keys()], ["db-0"]);
  });
});
