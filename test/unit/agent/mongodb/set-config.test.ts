import * as assert from "node:assert/strict";
import type { Report } from "../../../../agent/core/types";
import {
  aloneIn,
  type ChangeContext,
  changed,
  isUncounted,
  listedIn,
  nextChange,
} from "../../../../agent/mongodb/set-config";
import { idle, online, record, view } from "../fixtures";

const SET = view(2, [0, 1, 2], 0);
const own: Report = { ...online(0, SET), record: record() };

/** A member with a server that runs, in no set. */
function outside(ordinal: number, change: Partial<Report> = {}): Report {
  const base = idle(ordinal, { member: "offline", role: "none" });
  const status = {
    ...base.status,
    process: "running" as const,
    member: "offline" as const,
    data: "fresh" as const,
  };
  return { ...base, status, ...change };
}

/** A member with an empty disk, whose server does not run. */
function emptied(ordinal: number): Report {
  const base = idle(ordinal, { member: "offline", role: "none" });
  return { ...base, status: { ...base.status, process: "stopped", data: "none" } };
}

function next(change: Partial<ChangeContext>): string | undefined {
  const found = nextChange({ self: 0, listed: [0, 1, 2], replicas: 3, own, peers: [], ...change });
  return found && `${found.kind} ${found.ordinal}`;
}

describe("who is in MongoDB's replica set", () => {
  it("stays as it is where all are in it, or merely away", () => {
    assert.equal(next({ peers: [online(1, SET), online(2, SET)] }), undefined);
    assert.equal(next({ peers: [] }), undefined);
  });

  it("is added one after the other, the lowest first, when it runs and is in no set", () => {
    const peers = [outside(2), outside(1)];
    assert.equal(next({ listed: [0], peers }), "add 1");
    assert.equal(next({ listed: [0], peers: [outside(2), emptied(1)] }), "add 2");
    assert.equal(next({ listed: [0], replicas: 2, peers: [outside(2)] }), undefined);
    assert.equal(next({ listed: [0], replicas: undefined, peers }), undefined);
    const copying = { ...online(1, SET), status: { ...online(1, SET).status, member: "joining" as const } };
    assert.equal(
      next({ listed: [0, 1], peers: [copying, outside(2)] }),
      undefined,
      "while another one copies",
    );
    assert.equal(next({ listed: [0, 1], peers: [outside(2, { stopping: true })] }), undefined);
  });

  it("is not added with data of another cluster", () => {
    const data = (cluster: string): Report => {
      const base = outside(2);
      return { ...base, status: { ...base.status, data: "data" }, record: record({ cluster }) };
    };
    assert.equal(next({ listed: [0, 1], peers: [data("c")] }), "add 2");
    assert.equal(next({ listed: [0, 1], peers: [data("other")] }), undefined);
  });

  it("is taken out first whose disk is empty, then what a smaller set has no longer, the last first", () => {
    assert.equal(next({ peers: [emptied(1), online(2, SET)] }), "remove 1");
    assert.equal(next({ peers: [outside(1), online(2, SET)] }), undefined, "one that runs is given all data");
    assert.equal(next({ replicas: 1 }), "remove 2");
    assert.equal(next({ replicas: 1, listed: [0, 1] }), "remove 1");
    assert.equal(next({ replicas: 1, self: 2, own: { ...own, ordinal: 2 } }), "remove 1", "never itself");
    assert.equal(next({ replicas: 0 }), undefined, "a set that is scaled to none comes back");
    assert.equal(next({ replicas: 1, peers: [emptied(1)] }), "remove 1");
  });

  it("is written with a version that grows, and numbers that nobody has twice", () => {
    const config = {
      version: 4,
      members: [
        { _id: 0, host: "db-0.db-headless.ns.svc:27017" },
        { _id: 1, host: "db-2.db-headless.ns.svc:27017" },
        { _id: 7, host: "elsewhere.example:27017" },
      ],
    };
    assert.deepEqual(listedIn(config), [0, 2]);
    const host = "db-1.db-headless.ns.svc:27017";
    const added = changed(config, { kind: "add", ordinal: 1, why: "" }, host);
    assert.equal(added["version"], 5);
    assert.deepEqual((added["members"] as object[]).at(-1), { _id: 8, host });
    const removed = changed(config, { kind: "remove", ordinal: 2, why: "" }, "");
    assert.deepEqual(listedIn(removed), [0]);
    assert.equal((removed["members"] as object[]).length, 2, "who is no pod of ours stays");
    assert.deepEqual(aloneIn(config, 2, "db-2.db-headless.ns.svc:27017")["members"], [config.members[1]]);
    assert.deepEqual(aloneIn(config, 1, host)["members"], [{ _id: 8, host }], "one that it had taken out");
  });

  it("counts a member no more when a majority of those in it say so", () => {
    const without = view(3, [0, 2], 0);
    const [zero, two] = [online(0, without), online(2, without)];
    assert.equal(isUncounted(1, [zero, two]), true);
    assert.equal(isUncounted(1, [zero]), false, "what one says may not be settled");
    assert.equal(isUncounted(1, [zero, online(2, SET)]), false);
    assert.equal(isUncounted(1, [two]), false, "nobody leads");
    assert.equal(isUncounted(1, []), false);
    assert.equal(isUncounted(1, [online(0, view(1, [0], 0))]), true, "a set that was just begun");
  });
});
