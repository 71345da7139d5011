import * as assert from "node:assert/strict";
import type { Elector } from "../../../../agent/core/election/elector";
import type { ReplicationState } from "../../../../agent/core/election/replication";
import { standing } from "../../../../agent/core/election/standing";
import type { ServerStatus } from "../../../../agent/core/engine";
import { record } from "../fixtures";

const ADDRESSES = new Map([
  [0, "10.0.0.0"],
  [2, "10.0.0.2"],
]);

const RUNNING: ServerStatus = { process: "running", member: "offline", role: "none", admitted: true };

/** What is seen of a member 1 of three, whose server is in some state. */
function seen(
  state: ReplicationState | undefined,
  elector: Partial<Pick<Elector, "why" | "term" | "reigns">> = {},
  status = RUNNING,
  memory: Parameters<typeof standing>[1] = record(),
): ServerStatus {
  const known = {
    state,
    why: "it waits",
    term: 7,
    reigns: state?.as === "primary",
    lease: { version: "1", term: 7, size: 3 },
    ...elector,
  };
  return standing(status, memory, {
    elector: known,
    self: 1,
    addresses: ADDRESSES,
    wanted: 3,
  });
}

const FOLLOWING = { as: "following", follows: "10.0.0.2", run: "a" } as const;

describe("agent: a member's standing where agents elect", () => {
  it("is offline while its server does not answer, whatever it was", () => {
    for (const process of ["stopped", "starting"] as const)
      assert.equal(seen({ ...FOLLOWING, link: "up" }, {}, { ...RUNNING, process }).member, "offline");
    assert.equal(seen(undefined).member, "offline");
  });

  it("a primary that a majority follows is online, with those that are linked to it; the membership's number is the term", () => {
    const followers = [
      { address: "10.0.0.2", offset: 5 },
      { address: "10.9.9.9", offset: 5 },
    ];
    const { member, role, view } = seen({ as: "primary", run: "a", followers });
    assert.deepEqual([member, role], ["online", "primary"]);
    assert.deepEqual(view, { number: 7, members: [0, 1, 2], online: [1, 2], primary: 1 });
  });

  it("a primary without the right to be one is none", () => {
    const { member, role, view } = seen({ as: "primary", run: "a", followers: [] }, { reigns: false });
    assert.deepEqual([member, role, view], ["blocked", "none", undefined]);
  });

  it("one that follows is online while its link is up, and joins while it copies", () => {
    const up = seen({ ...FOLLOWING, link: "up" });
    assert.deepEqual(
      [up.member, up.role, up.view?.primary, up.view?.online],
      ["online", "replica", 2, [1, 2]],
    );
    const copying = seen({ ...FOLLOWING, link: "copying" });
    assert.deepEqual([copying.member, copying.role], ["joining", "none"]);
    assert.match(copying.detail ?? "", /member 2/);
  });

  it("one that has lost its link, follows nobody that is known, or is cut off is blocked, and says why", () => {
    for (const state of [
      { ...FOLLOWING, link: "down" },
      { ...FOLLOWING, follows: "10.9.9.9", link: "up" },
      { as: "detached", run: "a" },
    ] as const) {
      const { member, role, detail } = seen(state);
      assert.deepEqual([member, role, detail], ["blocked", "none", "it waits"]);
    }
  });

  it("one without data of the cluster is not blocked, but none of it", () => {
    const { member } = seen({ as: "detached", run: "a" }, {}, RUNNING, { stage: "fresh", epoch: 0 });
    assert.equal(member, "offline");
  });
});
