import * as assert from "node:assert/strict";
import { electedPolicy } from "../../../../agent/core/election/policy";
import { decide } from "../../../../agent/core/policy";
import type { Action, World } from "../../../../agent/core/world";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { empty, idle, limits, marker, online, record, timings, view, world } from "../fixtures";

const SEEN = view(1, [0, 1, 2], 0);

function decided(own: Report, peers: Report[], change: Partial<World> = {}): Action {
  return decide(electedPolicy, world(own, peers, change));
}

/** Its reason, if it waits; else what it does. */
function inShort(action: Action): string {
  return action.kind === "wait" ? action.reason : action.kind;
}

describe("agent: members whose agents elect", () => {
  describe("a server that has ended", () => {
    const ended = { process: "stopped" } as const;

    it("is started whatever else is known: it leads nobody, and follows nobody, by itself", () => {
      for (const known of [marker(), marker({ phase: "founding" }), "unknown", undefined] as const) {
        assert.deepEqual(decided(idle(1, ended), [], { marker: known }), { kind: "start", init: false });
      }
      assert.deepEqual(decided(idle(1, { ...ended, data: "none" }), []), { kind: "start", init: true });
    });

    const broken = {
      ...ended,
      failures: 10,
      refusal: { blames: "data", words: "Bad file format" },
    } as const;

    it("gives up data that it calls broken only while a primary runs and enough others have theirs", () => {
      const others = [online(0, SEEN), online(2, SEEN)];
      assert.equal(decided(idle(1, broken), others).kind, "set-aside");
      const few = decided(idle(1, broken), [online(0, SEEN)]);
      assert.equal(inShort(few), "start");
      assert.match((few as { message: string }).message, /this data is kept/);
      assert.equal(decided(idle(1, broken), [idle(0), idle(2)]).kind, "start");
    });

    it("gives up no data for what is no fault of the data: settings, or a volume without room", () => {
      const others = [online(0, SEEN), online(2, SEEN)];
      for (const status of [
        { ...broken, refusal: { blames: "settings", words: "Bad directive" } },
        { ...broken, full: true },
        { ...broken, failures: 1 },
      ] as const)
        assert.equal(decided(idle(1, status), others).kind, "start");
    });

    it("empties a disk that holds nothing yet, unless the settings are to blame", () => {
      const fresh = { ...ended, data: "fresh", failures: 1 } as const;
      const worthless = { stage: "fresh", epoch: 0 } as const;
      assert.equal(decided(idle(1, fresh, worthless), []).kind, "set-aside");
      const settings = { ...fresh, refusal: { blames: "settings", words: "Bad directive" } } as const;
      assert.equal(decided(idle(1, settings, worthless), []).kind, "start");
    });
  });

  describe("without a marker", () => {
    const none = { marker: undefined };

    it("the lowest ordinal bootstraps when all have answered and have nothing", () => {
      assert.equal(decided(empty(0), [empty(1), empty(2)], none).kind, "bootstrap");
      assert.equal(inShort(decided(empty(1), [empty(0), empty(2)], none)), "WaitsForBootstrap");
      assert.equal(inShort(decided(empty(0), [empty(1)], none)), "MembersMissing");
      assert.equal(
        inShort(decided(empty(0), [empty(1), empty(2)], { ...none, replicas: undefined })),
        "SizeUnknown",
      );
    });

    it("who has data bootstraps, and no empty disk beside it", () => {
      assert.equal(inShort(decided(empty(0), [idle(1), empty(2)], none)), "WaitsForBootstrap");
      assert.equal(decided(idle(1), [empty(0), empty(2)], none).kind, "bootstrap");
    });

    it("data of two clusters, or of none that is known, is nobody's to begin with", () => {
      const another = idle(1, {}, record({ cluster: "d" }));
      assert.equal(inShort(decided(idle(0), [another, empty(2)], none)), "DataDoesNotFit");
      const unknown = idle(1, {}, { stage: "fresh", epoch: 0 });
      assert.equal(inShort(decided(idle(0), [unknown, empty(2)], none)), "DataDoesNotFit");
    });

    it("nothing is bootstrapped beside a primary, or while the API server cannot be asked", () => {
      assert.equal(inShort(decided(empty(1), [online(0, SEEN), empty(2)], none)), "NotInCluster");
      const others = [empty(1), empty(2)];
      assert.equal(inShort(decided(empty(0), others, { marker: "unknown" })), "ApiServerUnreachable");
    });
  });

  describe("while another member has the right to bootstrap", () => {
    const founding = (change = {}): Partial<World> => ({
      marker: marker({ phase: "founding", holder: 0, first: true, empty: true, ...change }),
      markerAge: timings.claim,
    });

    it("it is waited for as long as it answers, and for a while after", () => {
      assert.equal(inShort(decided(empty(1), [empty(0), empty(2)], founding())), "WaitsForHolder");
      assert.equal(
        inShort(decided(empty(1), [empty(2)], { ...founding(), markerAge: timings.claim - 1 })),
        "WaitsForHolder",
      );
    });

    it("the right passes on when it is silent, of a first bootstrap from empty disks alone", () => {
      assert.equal(decided(empty(1), [empty(2)], founding()).kind, "bootstrap");
      assert.equal(inShort(decided(empty(2), [empty(1)], founding())), "HolderSilent");
      assert.equal(inShort(decided(empty(1), [], founding())), "HolderSilent");
      assert.equal(inShort(decided(empty(1), [empty(2)], founding({ empty: false }))), "HolderSilent");
      assert.equal(inShort(decided(empty(1), [empty(2)], founding({ first: false }))), "HolderSilent");
    });

    it("its holder finishes; and what a member bootstrapped whose right has passed on is thrown away", () => {
      const own = idle(0, {}, record({ unconfirmed: 1 }));
      assert.equal(decided(own, [], founding()).kind, "bootstrap");
      assert.equal(decided(own, [], { marker: marker({ holder: 1, epoch: 2 }) }).kind, "reset");
    });
  });

  it("a member that follows is enrolled, and then serves; one of another cluster does neither", () => {
    const copied = online(1, SEEN, { stage: "fresh", epoch: 0 });
    assert.equal(decided(copied, [online(0, SEEN)]).kind, "enrol");
    assert.equal(decided(online(1, SEEN), [online(0, SEEN)]).kind, "serve");
    const foreign = idle(1, {}, record({ cluster: "another" }));
    assert.equal(inShort(decided(foreign, [online(0, SEEN)])), "ForeignDisk");
  });

  it("serves on while the API server cannot be asked", () => {
    assert.equal(decided(online(0, SEEN), [], { marker: "unknown" }).kind, "serve");
  });

  it("says what is waited for in the elector's words", () => {
    const blocked = decided(idle(1, { member: "blocked", detail: "1 of 3 have voted" }), [idle(0)]);
    assert.equal(inShort(blocked), "NoPrimary");
    assert.match((blocked as { message: string }).message, /1 of 3 have voted/);
    assert.equal(inShort(decided(idle(1, { member: "joining" }), [online(0, SEEN)])), "CatchingUp");
  });

  describe("before a stop", () => {
    const plan = (
      peers: Report[],
      role: "primary" | "replica" = "primary",
      replicas = 3,
      self: Ordinal = 0,
    ) => electedPolicy.planStop({ self, role, view: SEEN, peers, replicas, volumeLimits: limits.volume });

    it("the primary hands over to the lowest ordinal that follows it", () => {
      assert.deepEqual(plan([online(2, SEEN), online(1, SEEN)]), { successor: 1, how: "leave" });
    });

    it("nobody gets it who does not follow, stops as well, hangs, or leaves for good", () => {
      const near = view(1, [0, 2], 0);
      for (const [unfit, left] of [
        [idle(1), online(2, SEEN)],
        [{ ...online(1, SEEN), stopping: true }, online(2, SEEN)],
        [
          { ...online(1, SEEN), status: { ...online(1, SEEN).status, stalled: limits.volume.hung } },
          online(2, SEEN),
        ],
      ] as const)
        assert.deepEqual(plan([unfit, left]), { successor: 2, how: "leave" });
      assert.deepEqual(plan([online(1, SEEN)], "primary", 1), { how: "leave" });
      const { planStop } = electedPolicy;
      const context = { self: 0, role: "primary", replicas: 3, volumeLimits: limits.volume } as const;
      assert.deepEqual(planStop({ ...context, view: near, peers: [online(1, near)] }), { how: "leave" });
    });

    it("a replica only leaves", () => {
      assert.deepEqual(plan([online(0, SEEN), online(2, SEEN)], "replica", 3, 1), { how: "leave" });
    });
  });
});
