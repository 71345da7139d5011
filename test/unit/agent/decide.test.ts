import * as assert from "node:assert/strict";
import { type Action, decide, MAX_FAILURES } from "../../../agent/core/decide";
import type { EngineStatus, Refusal, Report } from "../../../agent/core/types";
import { empty, idle, marker, online, record, view, world } from "./fixtures";

const three = view(5, [0, 1, 2], 0);
const two = view(6, [0, 1], 0);

const reasonOf = (action: Action): string => ("reason" in action ? (action.reason ?? "") : "");

describe("agent: decide", () => {
  it("makes an empty data directory only where there is none, and starts the server otherwise", () => {
    const none = idle(1, { process: "stopped", data: "none", position: undefined }, undefined);
    assert.deepEqual(decide(world(none, [])), { kind: "start", init: true });
    const some = idle(1, { process: "stopped" });
    assert.deepEqual(decide(world(some, [])), { kind: "start", init: false });
  });

  it("does nothing while the pod is being stopped", () => {
    assert.equal(decide(world({ ...idle(0), stopping: true }, [])).kind, "wait");
  });

  it("waits while the server starts, catches up, or has no quorum", () => {
    for (const change of [{ process: "starting" }, { member: "joining" }, { member: "blocked" }] as const) {
      assert.equal(decide(world(idle(0, change), [])).kind, "wait", JSON.stringify(change));
    }
  });

  it("ends a membership that failed", () => {
    assert.equal(decide(world(idle(0, { member: "failed" }), [])).kind, "reset");
  });

  describe("with a running cluster", () => {
    it("copies to an empty disk, whichever ordinal, from the one before, the primary last", () => {
      const [zero, one] = [online(0, two), online(1, two)];
      assert.deepEqual(decide(world(empty(2), [zero, one])), { kind: "clone", donor: 1 });
      const seen = view(6, [1, 2], 1);
      assert.deepEqual(decide(world(empty(0), [online(1, seen), online(2, seen)])), {
        kind: "clone",
        donor: 2,
      });
      const alone = view(7, [1], 1);
      assert.deepEqual(decide(world(empty(0), [online(1, alone)])), { kind: "clone", donor: 1 });
    });

    it("lets a lower ordinal that joins go first", () => {
      const busy = { ...empty(1), activity: "cloning" as const };
      const action = decide(world(empty(2), [online(0, view(1, [0], 0)), busy]));
      assert.equal(action.kind, "wait");
    });

    it("joins with data that the cluster has too", () => {
      assert.deepEqual(decide(world(idle(2, { position: "a" }), [online(0, two), online(1, two)])), {
        kind: "join",
        from: [1, 0],
      });
    });

    it("waits until the cluster has let go of its former self", () => {
      assert.equal(decide(world(idle(2), [online(0, three), online(1, three)])).kind, "wait");
    });

    it("sets data aside when the logs that it lacks are gone", () => {
      const action = decide(world(idle(2), [online(0, two)], { canCatchUp: () => false }));
      assert.equal(action.kind, "set-aside");
    });

    it("sets transactions aside that the cluster never had, but only when they are seen for a while", () => {
      const own = idle(2, { position: "abx" });
      const peers = [online(0, two), online(1, two)];
      assert.equal(decide(world(own, peers, { divergedFor: 9_000 })).kind, "wait");
      assert.equal(decide(world(own, peers, { divergedFor: 11_000 })).kind, "set-aside");
    });

    it("of two that have grown apart from the only one that runs, sets the lower one's aside first", () => {
      const [zero, one, two_] = [
        online(0, view(6, [0], 0)),
        idle(1, { position: "abx" }),
        idle(2, { position: "aby" }),
      ];
      const late = { divergedFor: 11_000 };
      assert.equal(decide(world(one, [zero, two_], late)).kind, "set-aside");
      assert.match(reasonOf(decide(world(two_, [zero, one], late))), /is kept/);
      assert.equal(decide(world(two_, [zero, online(1, view(7, [0, 1], 0))], late)).kind, "set-aside");
    });

    it("neither joins nor overwrites a disk of another cluster", () => {
      const own = idle(2, {}, record({ cluster: "other" }));
      const action = decide(world(own, [online(0, two)]));
      assert.equal(action.kind, "wait");
      assert.match("reason" in action ? action.reason : "", /other/);
    });

    it("looks past a disk of another cluster, however often that was founded", () => {
      const foreign = idle(2, {}, record({ cluster: "other", epoch: 9 }));
      const back = decide(world(idle(1), [online(0, view(6, [0], 0)), foreign]));
      assert.deepEqual(back, { kind: "join", from: [0] });
      const action = decide(world(foreign, [online(0, two), online(1, two)]));
      assert.match(reasonOf(action), /this disk belongs to cluster other/);
    });

    it("keeps its data while those that run are being stopped, whatever logs they have", () => {
      const stopping = [0, 1].map((ordinal) => ({ ...online(ordinal, two), stopping: true }));
      assert.equal(decide(world(idle(2), stopping)).kind, "wait");
      const [last, purged] = [stopping[0]!, online(1, two)];
      purged.status.position = "b";
      const canCatchUp = (_: string, donor: string): boolean => donor === "ab";
      assert.equal(decide(world(idle(2, { position: "b" }), [last, purged], { canCatchUp })).kind, "wait");
    });

    it("needs no API server to join it", () => {
      assert.equal(decide(world(idle(2), [online(0, two)], { marker: "unknown" })).kind, "join");
    });

    it("does not follow members of an older founding, or such as let no clients in", () => {
      const old = online(0, two, record({ epoch: 1 }));
      assert.notEqual(decide(world(idle(2, {}, record({ epoch: 2 })), [old])).kind, "join");
      const closed = online(0, two);
      closed.status.admitted = false;
      assert.notEqual(decide(world(idle(2), [closed])).kind, "join");
    });

    describe("does not start", () => {
      const words = "Database page corruption on disk or a failed file read of page";
      const ended = (refusal?: Refusal, more: Partial<EngineStatus> = {}): Report =>
        idle(2, { process: "stopped", failures: MAX_FAILURES, ...(refusal ? { refusal } : {}), ...more });
      const broken: Refusal = { words, blames: "data" };
      const others = [online(0, two), online(1, two)];

      it("keeps its data whatever the server says, unless it has read it and calls it broken", () => {
        const misled: (Refusal | undefined)[] = [
          { words: "unknown variable 'max_conections=500'", blames: "settings" },
          { words: "Can't start server: Bind on TCP/IP port: Address already in use" },
          undefined,
        ];
        for (const refusal of misled) {
          const action = decide(world(ended(refusal), others));
          assert.equal(action.kind, "start");
          assert.match(
            reasonOf(action),
            new RegExp(`ended 5 times: ${refusal?.words.slice(0, 20) ?? "without a word"}`),
          );
        }
        const action = decide(world(ended(broken), others));
        assert.equal(action.kind, "set-aside");
        assert.match(reasonOf(action), /page corruption/);
      });

      it("keeps broken data while fewer than a majority have theirs, or a full volume may be why", () => {
        assert.deepEqual(decide(world(ended(broken), [])).kind, "start");
        const few = decide(world(ended(broken), others.slice(0, 1)));
        assert.equal(few.kind, "start");
        assert.match(reasonOf(few), /page corruption.*is kept, since too few other members/);
        assert.equal(decide(world(ended(broken, { full: true }), others)).kind, "start");
        assert.equal(decide(world(ended(broken, { failures: 4 }), others)).kind, "start");
      });

      it("makes anew what never held anything, unless a mistake in the settings would only repeat itself", () => {
        const fresh = { data: "fresh" } as const;
        assert.equal(decide(world(ended(undefined, fresh), [])).kind, "set-aside");
        const mistake = ended({ words: "unknown variable", blames: "settings" }, fresh);
        assert.equal(decide(world(mistake, [])).kind, "start");
      });

      it("says why also while it is tried again", () => {
        const again = ended(broken, { process: "starting", detail: "no answer: ECONNREFUSED" });
        assert.match(reasonOf(decide(world(again, others))), /ended 5 times: Database page/);
      });
    });
  });

  describe("as a full member", () => {
    it("serves", () => {
      assert.equal(decide(world(online(0, three), [])).kind, "serve");
      assert.equal(decide(world(online(0, three), [], { marker: "unknown" })).kind, "serve");
    });

    it("stays shut until its founding is confirmed", () => {
      const own = online(0, view(1, [0], 0), record({ unconfirmed: 2 }));
      own.status.admitted = false;
      assert.equal(decide(world(own, [], { marker: "unknown" })).kind, "wait");
      const held = marker({ epoch: 2, phase: "founding", holder: 0 });
      assert.equal(decide(world(own, [], { marker: held })).kind, "found");
    });

    it("gives up what it founded when the right has passed on, or another founding is complete", () => {
      const own = online(0, view(1, [0], 0), record({ unconfirmed: 2 }));
      const taken = marker({ epoch: 3, phase: "founding", holder: 1 });
      assert.equal(decide(world(own, [], { marker: taken })).kind, "reset");
      assert.equal(decide(world(own, [], { marker: undefined })).kind, "reset");
      const late = online(0, three, record({ epoch: 1 }));
      assert.equal(decide(world(late, [], { marker: marker({ epoch: 2, holder: 1 }) })).kind, "reset");
    });
  });

  describe("with nobody running", () => {
    it("waits when neither a member nor the API server answers", () => {
      assert.equal(decide(world(idle(0), [], { marker: "unknown" })).kind, "wait");
    });

    it("waits while the size of the set is unknown", () => {
      assert.equal(decide(world(empty(0), [], { marker: undefined, replicas: undefined })).kind, "wait");
    });

    it("never founds a second time on empty disks", () => {
      const action = decide(world(empty(0), [empty(1), empty(2)], { elapsed: 3_600_000 }));
      assert.equal(action.kind, "wait");
      assert.match("reason" in action ? action.reason : "", /restore a backup/);
    });

    it("leaves a right with a holder that uses it, and waits a while for one that is silent", () => {
      const held = marker({ epoch: 2, phase: "founding", holder: 1 });
      const busy = { ...idle(1), activity: "founding" as const };
      assert.equal(decide(world(idle(0), [busy, idle(2)], { marker: held })).kind, "wait");
      assert.equal(decide(world(idle(0), [idle(2)], { marker: held, markerAge: 59_000 })).kind, "wait");
      const late = world(idle(0), [idle(2)], { marker: held, markerAge: 61_000, elapsed: 61_000 });
      assert.equal(decide(late).kind, "found");
    });

    it("founds again what was confirmed, and ended before it was written down: nobody was let in", () => {
      const memory = { stage: "fresh", epoch: 0, cluster: "c", unconfirmed: 1 } as const;
      assert.equal(decide(world(empty(0, memory), [])).kind, "found");
      assert.equal(decide(world(empty(1, memory), [])).kind, "wait", "another holder");
      assert.equal(
        decide(world(empty(0, { ...memory, unconfirmed: 2 }), [])).kind,
        "wait",
        "another founding",
      );
      assert.equal(decide(world(empty(0, memory), [online(1, view(2, [1], 1))])).kind, "clone");
    });

    it("goes on with a first founding that was cut off", () => {
      const held = marker({ epoch: 8, first: true, phase: "founding", holder: 0 });
      assert.equal(decide(world(empty(0), [], { marker: held })).kind, "found");
      assert.equal(decide(world(empty(1), [], { marker: held })).kind, "wait");
    });
  });
});
