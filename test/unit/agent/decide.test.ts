import * as assert from "node:assert/strict";
import { MAX_FAILURES } from "../../../agent/core/rules";
import type { EngineStatus, Marker, Refusal, Report } from "../../../agent/core/types";
import type { Action } from "../../../agent/core/world";
import {
  decideByLetters as decide,
  empty,
  idle,
  marker,
  online,
  record,
  timings,
  view,
  world,
} from "./fixtures";

const three = view(5, [0, 1, 2], 0);
const two = view(6, [0, 1], 0);
const reasonOf = (action: Action): string => ("message" in action ? (action.message ?? "") : "");

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
      const action = decide(world(idle(2), [online(0, two)]), () => false);
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
      assert.match(reasonOf(action), /other/);
    });

    it("looks past a disk of another cluster, however often that was bootstrapped", () => {
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
      assert.equal(decide(world(idle(2, { position: "b" }), [last, purged]), canCatchUp).kind, "wait");
    });

    it("needs no API server to join it", () => {
      assert.equal(decide(world(idle(2), [online(0, two)], { marker: "unknown" })).kind, "join");
    });

    it("does not follow members of an older bootstrap, or of one that is not confirmed", () => {
      const old = online(0, two, record({ epoch: 1 }));
      assert.notEqual(decide(world(idle(2, {}, record({ epoch: 2 })), [old])).kind, "join");
      const closed = online(0, two, record({ unconfirmed: 2 }));
      closed.status.admitted = false;
      assert.notEqual(decide(world(idle(2), [closed])).kind, "join");
    });

    it("joins one that is bootstrapped and lets no clients in yet: it waits for that", () => {
      const held = online(0, view(1, [0], 0));
      held.status.admitted = false;
      assert.deepEqual(decide(world(idle(2), [held])), { kind: "join", from: [0] });
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

    describe("just bootstrapped", () => {
      const alone = online(0, view(1, [0], 0), record({ epoch: 2 }));
      alone.status.admitted = false;
      const bootstrapped = (change: Partial<Marker> = {}) => marker({ epoch: 2, holder: 0, ...change });

      it("keeps clients out until a majority of the set has joined", () => {
        const action = decide(world(alone, [idle(1), idle(2)], { marker: bootstrapped() }));
        assert.equal(action.kind, "hold");
        assert.match(reasonOf(action), /2 of 3 members have joined.*awaited: 1, 2/);
        assert.equal(decide(world(alone, [], { marker: "unknown" })).kind, "hold");
        const joined = { ...alone, status: { ...alone.status, view: view(2, [0, 1], 0) } };
        assert.equal(decide(world(joined, [], { marker: bootstrapped() })).kind, "serve");
        const five = decide(world(joined, [], { marker: bootstrapped(), replicas: 5 }));
        assert.equal(five.kind, "hold", "two of five are no majority");
        assert.equal(decide(world(alone, [], { marker: bootstrapped(), replicas: 1 })).kind, "serve");
      });

      it("lets them in at once where an operator gave up the others, before or after", () => {
        assert.equal(decide(world(alone, [], { marker: bootstrapped({ alone: true }) })).kind, "serve");
        for (const recoverFrom of ["0", "0@2"]) {
          assert.deepEqual(decide(world(alone, [], { marker: bootstrapped({ recoverFrom }) })), {
            kind: "go-alone",
          });
        }
        for (const recoverFrom of ["1", "0@1", "7", "all"]) {
          assert.equal(
            decide(world(alone, [], { marker: bootstrapped({ recoverFrom }) })).kind,
            "hold",
            recoverFrom,
          );
        }
      });

      it("lets them into a member that joins one where they are let in", () => {
        const seen = view(4, [0, 1], 1);
        const own = { ...online(0, seen, record({ epoch: 2 })) };
        own.status.admitted = false;
        const primary = online(1, seen, record({ epoch: 2 }));
        assert.equal(
          decide(world(own, [primary], { marker: bootstrapped({ holder: 1 }), replicas: 5 })).kind,
          "serve",
        );
      });
    });

    it("stays shut until its bootstrap is confirmed", () => {
      const own = online(0, view(1, [0], 0), record({ unconfirmed: 2 }));
      own.status.admitted = false;
      assert.equal(decide(world(own, [], { marker: "unknown" })).kind, "wait");
      const held = marker({ epoch: 2, phase: "founding", holder: 0 });
      assert.equal(decide(world(own, [], { marker: held })).kind, "bootstrap");
    });

    it("gives up what it bootstrapped when the right has passed on, or another bootstrap is complete", () => {
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

    it("never bootstraps a second time on empty disks", () => {
      const action = decide(world(empty(0), [empty(1), empty(2)], { elapsed: 3_600_000 }));
      assert.equal(action.kind, "wait");
      assert.match(reasonOf(action), /restore a backup/);
    });

    it("leaves a right with a holder that uses it, and waits a while for one that is silent", () => {
      const held = marker({ epoch: 2, phase: "founding", holder: 1 });
      const busy = { ...idle(1), activity: "founding" as const };
      assert.equal(decide(world(idle(0), [busy, idle(2)], { marker: held })).kind, "wait");
      assert.equal(decide(world(idle(0), [idle(2)], { marker: held, markerAge: 59_000 })).kind, "wait");
      const late = world(idle(0), [idle(2)], { marker: held, markerAge: 61_000, elapsed: 61_000 });
      assert.equal(decide(late).kind, "bootstrap");
    });

    it("bootstraps again what was confirmed, and ended before it was written down: nobody was let in", () => {
      const memory = { stage: "fresh", epoch: 0, cluster: "c", unconfirmed: 1 } as const;
      assert.equal(decide(world(empty(0, memory), [])).kind, "bootstrap");
      assert.equal(decide(world(empty(1, memory), [])).kind, "wait", "another holder");
      assert.equal(
        decide(world(empty(0, { ...memory, unconfirmed: 2 }), [])).kind,
        "wait",
        "another bootstrap",
      );
      assert.equal(decide(world(empty(0, memory), [online(1, view(2, [1], 1))])).kind, "clone");
    });

    it("goes on with a first bootstrap that was cut off", () => {
      const held = marker({ epoch: 8, first: true, phase: "founding", holder: 0 });
      assert.equal(decide(world(empty(0), [], { marker: held })).kind, "bootstrap");
      assert.equal(decide(world(empty(1), [], { marker: held })).kind, "wait");
    });

    it("goes on without the holder of a first bootstrap that is lost, where all disks were empty", () => {
      const held = marker({ first: true, empty: true, phase: "founding", holder: 0 });
      const late = { marker: held, markerAge: 60_000 };
      assert.equal(decide(world(empty(1), [empty(2)], late)).kind, "bootstrap");
      assert.match(reasonOf(decide(world(empty(2), [empty(1)], late))), /member 1 bootstraps it/);
      assert.equal(decide(world(empty(1), [empty(2)], { ...late, markerAge: 59_000 })).kind, "wait");
      assert.match(reasonOf(decide(world(empty(1), [], late))), /missing: 2/);
      const withData = { ...late, marker: marker({ first: true, phase: "founding", holder: 0 }) };
      assert.match(reasonOf(decide(world(empty(1), [empty(2)], withData))), /missing: 0/);
    });

    describe("and an operator's choice", () => {
      const { settle, grace } = timings;
      const chosen = (recoverFrom: string, change: Partial<Marker> = {}) => ({
        marker: marker({ recoverFrom, ...change }),
        elapsed: settle,
      });
      const [zero, two] = [idle(0, { position: "ab" }), idle(2, { position: "a" })];
      const lost = [empty(0), empty(1)];

      it("is written down with the epoch of this outage, and only once this is one", () => {
        assert.deepEqual(decide(world(two, lost, chosen("2"))), { kind: "bind", choice: "2@1" });
        assert.equal(decide(world(two, lost, { ...chosen("2"), elapsed: settle - 1 })).kind, "wait");
        assert.deepEqual(decide(world(two, lost, chosen("2@1"))), { kind: "bootstrap", chosen: true });
        assert.match(reasonOf(decide(world(empty(1), [empty(0), two], chosen("2@1")))), /chose member 2/);
      });

      for (const [what, text, words] of [
        ["another outage", "2@7", /was for epoch 7, this outage is of epoch 1: choose again/],
        ["no such member", "3", /names no member: N or N@1, N one of 0, 1, 2/],
        ["no number", "orders-2", /names no member/],
        ["an empty disk", "1@1", /the disk of member 1 is empty; choose another/],
      ] as const) {
        it(`is refused in words for ${what}, and keeps nobody from going on`, () => {
          const reason = reasonOf(decide(world(two, lost, chosen(text))));
          assert.match(reason, words);
          assert.match(reason, /at least half of it must be back|recover-from=N/);
          const whole = [idle(1), { ...two }];
          assert.equal(decide(world(idle(0), whole, chosen(text))).kind, "bootstrap");
        });
      }

      it("is refused for a disk of another cluster", () => {
        const foreign = idle(2, {}, record({ cluster: "other" }));
        const reason = reasonOf(decide(world(foreign, lost, chosen("2@1"))));
        assert.match(reason, /the disk of member 2 belongs to cluster other; choose another/);
      });

      it("is refused while a member is silent that may run, unless Kubernetes says that it does not", () => {
        const reason = reasonOf(decide(world(two, [empty(1)], chosen("2@1", { view: three }))));
        assert.match(reason, /member 0 may run: .*delete the node or its pod by force/);
        const absent = new Set([0, 1]);
        assert.deepEqual(decide(world(two, [], { ...chosen("2@1"), absent })), {
          kind: "bootstrap",
          chosen: true,
        });
      });

      it("is refused while a member is in a cluster that may go on", () => {
        const stuck = idle(0, { member: "blocked" });
        const reason = reasonOf(decide(world(two, [stuck, empty(1)], chosen("2@1"))));
        assert.match(reason, /member 0 is still blocked/);
      });

      it("gives up nothing that comes back by itself, unless that takes long", () => {
        const apart = { ...chosen("2@1"), elapsed: settle };
        assert.equal(decide(world(zero, [idle(1), two], apart)).kind, "bootstrap", "its data has everything");
        assert.equal(decide(world(two, [zero, idle(1)], apart)).kind, "wait");
        const late = decide(world(two, [zero, idle(1)], { ...apart, elapsed: grace }));
        assert.deepEqual(late, { kind: "bootstrap", chosen: true });
      });

      it("may be made again when the one before came to nothing", () => {
        const again = chosen("2@1", { phase: "founding", holder: 0 });
        const own = idle(2, {}, record({ epoch: 0, view: three }));
        assert.deepEqual(decide(world(own, [idle(0), empty(1)], { ...again, elapsed: grace })), {
          kind: "bootstrap",
          chosen: true,
        });
      });
    });
  });
});
