import * as assert from "node:assert/strict";
import { ordinalOf, type SetLook, STATES } from "../../../../agent/mongodb/look";
import { lagOf } from "../../../../agent/mongodb/lag";
import { canCatchUp, comparePositions, isPosition, printPosition } from "../../../../agent/mongodb/position";
import { type StatusContext, statusFrom } from "../../../../agent/mongodb/status";

const AT = { term: 3, seconds: 100, increment: 7 };

function look(state: number, change: Partial<SetLook> = {}): SetLook {
  const members = [
    { ordinal: 1, state },
    { ordinal: 0, state: STATES.primary },
    { ordinal: 2, state: -1 },
  ];
  return { state, writable: false, term: 3, members, majority: 2, at: AT, ...change };
}

function status(of: Parameters<typeof statusFrom>[0], change: Partial<StatusContext> = {}) {
  return statusFrom(of, { self: 1, admitted: true, leaderless: false, ...change });
}

describe("what a MongoDB server says of itself, in the core's terms", () => {
  it("is a replica with a primary and a majority in sight", () => {
    const { member, role, view, position, admitted } = status(look(STATES.secondary));
    assert.deepEqual({ member, role, admitted }, { member: "online", role: "replica", admitted: true });
    assert.deepEqual(view, { number: 3, members: [0, 1, 2], online: [0, 1], primary: 0 });
    assert.equal(position, "3:100:7");
  });

  it("goes on being read from while they elect, and not for long", () => {
    const members = [
      { ordinal: 0, state: STATES.secondary },
      { ordinal: 1, state: STATES.secondary },
    ];
    const electing = look(STATES.secondary, { members });
    assert.equal(status(electing).member, "online");
    assert.equal(status(electing, { leaderless: true }).member, "blocked");
    const alone = look(STATES.secondary, { members: members.slice(1) });
    assert.equal(status(alone).member, "blocked", "without a majority in sight");
  });

  it("is the primary when it is elected, and serves as such when it takes writes", () => {
    const members = [
      { ordinal: 1, state: STATES.primary },
      { ordinal: 0, state: STATES.secondary },
    ];
    const leading = status(look(STATES.primary, { members, writable: true }));
    assert.deepEqual([leading.member, leading.role, leading.view?.primary], ["online", "primary", 1]);
    const elected = status(look(STATES.primary, { members }));
    assert.deepEqual(
      [elected.member, elected.role, elected.view?.primary],
      ["blocked", "primary", undefined],
    );
  });

  it("joins while it copies, catches up or undoes something, and says so", () => {
    for (const [state, words] of [
      [STATES.startup2, /copies/],
      [STATES.recovering, /catches up: too stale/],
      [STATES.rollback, /`rollback`/],
    ] as const) {
      const { member, detail } = status(look(state, { says: "too stale" }));
      assert.equal(member, "joining");
      assert.match(detail ?? "", words);
    }
    assert.equal(status(look(STATES.startup)).member, "offline");
  });

  it("is in no set before it has heard of one, and when it was taken out", () => {
    assert.match(status("none").detail ?? "", /in no replica set yet/);
    assert.match(status("outside").detail ?? "", /does not have it/);
    assert.equal(status("outside").member, "offline");
  });

  it("knows members by their pods' names alone", () => {
    assert.equal(ordinalOf("db-12.db-headless.ns.svc:27017"), 12);
    assert.equal(ordinalOf("my-db-0:27017"), 0);
    for (const other of ["10.0.0.1:27017", "elsewhere.example:27017", "db.x-1.ns:27017", ""])
      assert.equal(ordinalOf(other), undefined, other);
  });

  it("compares places in the oplog: the later term first, then the moment", () => {
    const text = printPosition(AT);
    assert.equal(isPosition(text), true);
    assert.equal(isPosition("3:100"), false);
    assert.ok(comparePositions("4:90:1", text) > 0);
    assert.ok(comparePositions("3:100:6", text) < 0);
    assert.ok(comparePositions(text, undefined) > 0);
    assert.equal(comparePositions(undefined, "nonsense"), 0);
  });

  it("measures in seconds how far it is behind", () => {
    assert.deepEqual(lagOf("3:100:7", "3:100:7"), { amount: 0, unit: "seconds" });
    assert.deepEqual(lagOf("3:100:6", "3:100:7"), { amount: 1, unit: "seconds" });
    assert.deepEqual(lagOf("3:90:1", "3:100:7"), { amount: 10, unit: "seconds" });
    assert.equal(lagOf("nonsense", "3:100:7"), undefined);
  });

  it("tells whom no oplog goes back to", () => {
    const primary = printPosition({ ...AT, from: { seconds: 50, increment: 2 } });
    assert.equal(canCatchUp("2:50:2", primary), true);
    assert.equal(canCatchUp("2:50:1", primary), false);
    assert.equal(canCatchUp("2:10:1", "3:100:7"), true, "nothing is known of where it begins");
  });
});
