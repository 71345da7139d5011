import * as assert from "node:assert/strict";
import { decide as decideBy } from "../../../../agent/core/policy";
import type { Action, World } from "../../../../agent/core/world";
import { patroniPolicy } from "../../../../agent/postgresql/policy";
import type {
  EngineStatus,
  Marker,
  MemberRecord,
  Ordinal,
  Refusal,
  Report,
} from "../../../../agent/core/types";
import { idle, marker as markerOf, record, view, world } from "../fixtures";

type Change = Partial<EngineStatus>;
const stopped: Change = { process: "stopped", data: "none" };
const withData: Change = { process: "stopped", data: "data" };
const serving: Change = { member: "online", role: "replica", admitted: true };
const leading: Change = { ...serving, role: "primary" };

function report(ordinal: Ordinal, status: Change, memory?: MemberRecord): Report {
  return { ...idle(ordinal, status), record: memory };
}

function decide(own: Report, change: Partial<World> = {}): Action {
  return decideBy(patroniPolicy, world(own, [], { marker: undefined, ...change }));
}

const running = (change: Partial<Marker> = {}): Marker => markerOf({ phase: "running", ...change });
const reasonOf = (action: Action): string => ("message" in action ? (action.message ?? "") : "");

describe("agent: what is decided beside Patroni", () => {
  it("copies a member anew that has lacked logs for a while which the primary has no longer", () => {
    const own = report(1, { member: "joining" }, record());
    const peers = [report(0, leading, record())];
    assert.equal(decide(own, { marker: running(), peers, lackingFor: 9_000 }).kind, "wait");
    const late = decide(own, { marker: running(), peers, lackingFor: 10_000 });
    assert.deepEqual(
      [late.kind, reasonOf(late)],
      ["set-aside", "the primary has no longer the logs that are missing here"],
    );
    assert.equal(decide(own, { marker: running(), lackingFor: 10_000 }).kind, "wait", "nobody to copy from");
  });

  describe("an empty disk", () => {
    it("bootstraps only as member 0, when every member has answered that its disk is empty", () => {
      const [one, two] = [report(1, stopped), report(2, stopped)];
      assert.deepEqual(decide(report(0, stopped), { peers: [one, two] }), { kind: "bootstrap" });
      assert.match(reasonOf(decide(report(0, stopped), { peers: [one] })), /missing: 2/);
      assert.match(reasonOf(decide(one, { peers: [report(0, stopped), two] })), /member 0 bootstraps it/);
    });

    it("never bootstraps when the API server cannot be asked, whatever the others say", () => {
      const peers = [report(1, stopped), report(2, stopped)];
      assert.equal(decide(report(0, stopped), { peers, marker: "unknown" }).kind, "wait");
    });

    it("receives a copy when a cluster exists, even if nobody of it is there", () => {
      assert.deepEqual(decide(report(0, stopped), { marker: running() }), { kind: "start", init: true });
      const peers = [report(1, stopped), report(2, stopped)];
      assert.deepEqual(decide(report(0, stopped), { marker: running(), peers }), {
        kind: "start",
        init: true,
      });
    });

    it("waits for the one that has the right to bootstrap, and goes on if it is that one", () => {
      const marker = markerOf({ phase: "founding", holder: 0 });
      assert.match(reasonOf(decide(report(1, stopped), { marker })), /member 0 has the right/);
      assert.deepEqual(decide(report(0, stopped), { marker }), { kind: "bootstrap" });
    });

    it("joins a cluster that runs although its marker was deleted", () => {
      const peers = [report(0, leading, record()), report(2, stopped)];
      assert.deepEqual(decide(report(1, stopped), { peers }), { kind: "start", init: true });
    });

    it("begins the copy again that was not finished", () => {
      const own = report(1, { process: "stopped", data: "fresh" });
      assert.equal(decide(own, { marker: running() }).kind, "set-aside");
    });
  });

  describe("data on the disk", () => {
    it("is run when a cluster exists: the engine knows what may become of it", () => {
      const action = decide(report(1, withData, record()), { marker: running() });
      assert.deepEqual(action, { kind: "start", init: false });
    });

    it("is left alone when it is another cluster's", () => {
      const own = report(1, withData, record({ cluster: "other" }));
      assert.match(reasonOf(decide(own, { marker: running() })), /belongs to cluster other/);
    });

    it("is bootstrapped from where it is, when there is no marker: never emptied by a lower ordinal", () => {
      const [zero, one, two] = [report(0, stopped), report(1, withData), report(2, stopped)] as const;
      assert.deepEqual(decide(one, { peers: [zero, two] }), { kind: "bootstrap" });
      assert.match(reasonOf(decide(zero, { peers: [one, two] })), /member 1 has data/);
    });

    it("is bootstrapped by the last primary, when several have it and the marker is lost", () => {
      const zero = report(0, withData, record({ view: view(3, [0, 1, 2]) }));
      const one = report(1, withData, record({ view: view(3, [0, 1, 2], 1) }));
      const two = report(2, withData, record({ view: view(2, [0, 1, 2], 2) }));
      assert.deepEqual(decide(one, { peers: [zero, two] }), { kind: "bootstrap" });
      assert.match(reasonOf(decide(two, { peers: [zero, one] })), /member 1 was the last primary/);
    });

    it("waits for an operator when the last primary's disk is gone, or the disks are of two clusters", () => {
      const zero = report(0, withData, record({ view: view(3, [0, 1, 2]) }));
      const two = report(2, withData, record({ view: view(2, [0, 1, 2], 2) }));
      assert.match(reasonOf(decide(zero, { peers: [report(1, stopped), two] })), /move away the wrong ones/);
      const strange = report(1, withData, record({ cluster: "other", view: view(9, [1], 1) }));
      assert.match(reasonOf(decide(zero, { peers: [strange, two] })), /move away the wrong ones/);
    });

    describe("that the server does not start on", () => {
      const peers = [report(0, leading, record()), report(2, serving, record())];
      const refusal = { words: "could not locate a valid checkpoint record", blames: "data" } as const;
      const starting = report(1, { member: "failed", detail: "Patroni: start failed", refusal }, record());
      const ending = report(1, { ...withData, failures: 5, refusal }, record());
      const late = { marker: running(), failedFor: 60_000 };

      it("is set aside after a while, when a majority has its data", () => {
        assert.equal(decide(ending, { ...late, peers }).kind, "set-aside");
        assert.equal(decide(starting, { ...late, peers }).kind, "set-aside");
        assert.match(reasonOf(decide(starting, { ...late, peers, failedFor: 59_000 })), /checkpoint record/);
      });

      it("is kept, and the server's words are told, unless it has read it and calls it broken", () => {
        const mistakes: (Refusal | undefined)[] = [
          { words: 'invalid value for parameter "TimeZone"', blames: "settings" },
          { words: "database files are incompatible with server" },
          undefined,
        ];
        for (const said of mistakes) {
          for (const own of [starting, ending]) {
            const status = { ...own.status };
            delete status.refusal;
            const action = decide(
              { ...own, status: { ...status, ...(said ? { refusal: said } : {}) } },
              { ...late, peers },
            );
            assert.notEqual(action.kind, "set-aside");
            if (said) assert.ok(reasonOf(action).includes(said.words));
          }
        }
      });

      it("is kept while there is no primary, or too few others have theirs", () => {
        assert.equal(decide(ending, late).kind, "start");
        assert.equal(decide(starting, late).kind, "wait");
        const few = peers.slice(0, 1);
        assert.equal(decide(ending, { ...late, peers: few }).kind, "start");
        assert.match(reasonOf(decide(starting, { ...late, peers: few })), /is kept/);
      });

      it("is kept when the volume is full: a sound server does not start there either", () => {
        const full = (one: Report) => ({ ...one, status: { ...one.status, full: true } });
        assert.equal(decide(full(ending), { ...late, peers }).kind, "start");
        assert.match(reasonOf(decide(full(starting), { ...late, peers })), /is kept/);
      });

      it("is not copied over and over", () => {
        const copied = report(1, { member: "failed", data: "fresh" }, record({ stage: "fresh" }));
        assert.match(reasonOf(decide(copied, { ...late, peers })), /on a new copy as well/);
      });
    });
  });

  it("serves, and writes down that it belongs to the cluster when it does not say so yet", () => {
    const marker = running();
    assert.deepEqual(decide(report(1, serving, record()), { marker }), { kind: "serve" });
    assert.deepEqual(decide(report(1, serving, { stage: "fresh", epoch: 0 }), { marker }), { kind: "enrol" });
    const recovered = running({ epoch: 2 });
    assert.deepEqual(decide(report(1, serving, record()), { marker: recovered }), { kind: "enrol" });
  });

  it("does not bootstrap twice when the marker was read before its bootstrap was confirmed", () => {
    const marker = markerOf({ phase: "founding", holder: 0 });
    assert.deepEqual(decide(report(0, leading, record()), { marker }), { kind: "serve" });
    const unconfirmed = record({ stage: "fresh", unconfirmed: 1 });
    assert.deepEqual(decide(report(0, leading, unconfirmed), { marker }), { kind: "bootstrap" });
  });

  it("lets nobody in while the API server cannot confirm its bootstrap", () => {
    const own = report(0, leading, record({ stage: "fresh", unconfirmed: 1 }));
    assert.match(reasonOf(decide(own, { marker: "unknown" })), /cannot confirm/);
    assert.equal(decide(report(0, leading, record()), { marker: "unknown" }).kind, "serve");
  });

  it("bootstraps again what was confirmed, and ended before it was written down", () => {
    const fresh: Change = { process: "stopped", data: "fresh" };
    const memory = record({ stage: "fresh", unconfirmed: 1 });
    assert.equal(decide(report(0, fresh, memory), { marker: running() }).kind, "bootstrap");
    const started = decide(report(0, leading, memory), { marker: running() });
    assert.equal(started.kind, "enrol", "its server has started: it is written down");
    assert.equal(decide(report(1, fresh, memory), { marker: running() }).kind, "set-aside");
  });

  describe("an operator's choice", () => {
    const marker = running({ recoverFrom: "1@1" });
    const blocked: Change = { member: "blocked", detail: "there is no primary" };
    const lost = [report(0, { process: "starting", data: "none" }), report(2, blocked, record())];
    const own = report(1, blocked, record());
    const late = { marker, elapsed: 60_000 };

    it("is followed when there has been no primary for as long as the engine may take to elect one", () => {
      assert.deepEqual(decide(own, { ...late, peers: lost }), { kind: "bootstrap", chosen: true });
      assert.deepEqual(decide(report(1, withData, record()), { ...late, peers: lost }), {
        kind: "bootstrap",
        chosen: true,
      });
      assert.match(
        reasonOf(decide(own, { ...late, peers: lost, elapsed: 59_000 })),
        /recover-from=1@1 is followed if nothing else helps within 60 s/,
      );
    });

    it("is not followed in the first look after a restart, when nobody has answered yet", () => {
      assert.equal(decide(report(1, withData, record()), { marker }).kind, "start");
      assert.match(reasonOf(decide(own, late)), /members 0, 2 may run/);
    });

    it("is not followed beside a primary, or while one holds the lock", () => {
      const peers = [report(0, leading, record()), report(2, serving, record())];
      assert.equal(decide(report(1, withData, record()), { ...late, peers }).kind, "start");
      const joining = [lost[0]!, report(2, { member: "joining" }, record())];
      assert.match(reasonOf(decide(own, { ...late, peers: joining })), /member 2 is still joining/);
    });

    it("is enough when the others are lost for good, as Kubernetes knows", () => {
      const absent = new Set([0, 2]);
      assert.deepEqual(decide(own, { ...late, absent }), { kind: "bootstrap", chosen: true });
    });

    it("is first written down for this outage, not for a later one", () => {
      const bare = running({ recoverFrom: "1" });
      assert.deepEqual(decide(own, { marker: bare, elapsed: 10_000 }), { kind: "bind", choice: "1@1" });
      assert.equal(decide(own, { marker: bare, elapsed: 9_000 }).kind, "wait");
      assert.equal(decide(report(1, leading, record()), { marker: bare }).kind, "serve");
    });

    it("is refused for a disk that is empty, or another cluster's, and for nobody", () => {
      const said = (one: Report, recoverFrom = "1@1") =>
        reasonOf(decide(one, { ...late, marker: running({ recoverFrom }), peers: lost }));
      assert.match(said(report(1, { process: "starting", data: "none" })), /disk of member 1 is empty/);
      assert.match(said(report(1, blocked, record({ cluster: "other" }))), /belongs to cluster other/);
      assert.match(said(own, "7"), /names no member/);
      assert.match(said(own, "1@2"), /was for epoch 2/);
    });

    it("is the way out for a single member at once", () => {
      const alone = report(0, withData, record());
      const single = { replicas: 1, elapsed: 10_000, marker: running({ recoverFrom: "0@1" }) };
      assert.deepEqual(decide(alone, single), { kind: "bootstrap", chosen: true });
    });
  });

  describe("a right to bootstrap that another primary makes needless", () => {
    const astray = markerOf({ epoch: 2, phase: "founding", holder: 2, alone: true });
    const primary = report(0, leading, record({ epoch: 1 }));
    const memory = record({ epoch: 1, unconfirmed: 2 });

    it("is given back by its holder, whatever its server does", () => {
      for (const status of [withData, { process: "starting" }, { member: "joining" }, serving] as Change[]) {
        const action = decide(report(2, status, memory), { marker: astray, peers: [primary] });
        assert.equal(action.kind, "yield", JSON.stringify(status));
      }
    });

    it("keeps no other member from starting", () => {
      const action = decide(report(1, withData, record()), { marker: astray, peers: [primary] });
      assert.deepEqual(action, { kind: "start", init: false });
    });

    it("is kept while the holder is the primary itself, or the other one was overtaken before", () => {
      const own = report(2, leading, memory);
      assert.equal(decide(own, { marker: astray, peers: [primary] }).kind, "bootstrap");
      const old = report(0, leading, record({ epoch: 0 }));
      assert.equal(decide(report(2, withData, memory), { marker: astray, peers: [old] }).kind, "bootstrap");
    });

    it("is not gone on with when it has passed to somebody else", () => {
      const passed = running({ epoch: 1, holder: 0 });
      const late = decide(report(2, leading, memory), { marker: passed });
      assert.equal(late.kind, "reset");
      assert.equal(decide(report(2, withData, memory), { marker: passed }).kind, "reset");
    });
  });

  describe("a first bootstrap whose holder is lost", () => {
    const held = markerOf({ phase: "founding", holder: 0, first: true, empty: true });
    const late = { marker: held, markerAge: 60_000 };
    const [one, two] = [report(1, stopped), report(2, stopped)];

    it("passes on after a while, where every disk was empty", () => {
      assert.deepEqual(decide(one, { ...late, peers: [two] }), { kind: "bootstrap" });
      assert.match(reasonOf(decide(two, { ...late, peers: [one] })), /member 1 bootstraps it/);
      assert.match(
        reasonOf(decide(one, { ...late, peers: [two], markerAge: 59_000 })),
        /member 0 has the right/,
      );
      assert.match(reasonOf(decide(one, { ...late, peers: [] })), /missing: 2/);
    });

    it("does not pass on to a member that a smaller set has no longer", () => {
      assert.match(reasonOf(decide(one, { ...late, peers: [], replicas: 1 })), /does not answer/);
      assert.match(reasonOf(decide(one, { ...late, peers: [two], replicas: 1 })), /does not answer/);
    });

    it("says what to do where it had data", () => {
      const marker = markerOf({ phase: "founding", holder: 0, first: true });
      assert.match(
        reasonOf(decide(one, { ...late, marker, peers: [two] })),
        /does not answer: bring it back/,
      );
    });
  });

  describe("without a primary for a minute", () => {
    const late = { marker: running(), elapsed: 60_000 };
    const blocked = report(0, { member: "blocked", detail: "there is no primary" }, record());

    it("tells an operator whose data may be chosen", () => {
      const peers = [report(1, { process: "starting", data: "none" }), report(2, { member: "blocked" })];
      assert.match(reasonOf(decide(blocked, { ...late, peers })), /recover-from=N, N one of 0, 2:/);
      assert.equal(reasonOf(decide(blocked, { ...late, peers, elapsed: 59_000 })), "there is no primary");
    });

    it("advises nobody to give data up where the settings are refused: their correction is what helps", () => {
      const refusal = { words: 'invalid value for parameter "TimeZone"', blames: "settings" } as const;
      const refused = report(0, { member: "failed", detail: "Patroni: start failed", refusal }, record());
      const peers = [1, 2].map((ordinal) => report(ordinal, { member: "failed", refusal }, record()));
      assert.doesNotMatch(reasonOf(decide(refused, { ...late, peers })), /recover-from/);
    });

    it("says when no data is left, and bootstraps again only when the marker is deleted", () => {
      const [zero, one, two] = [0, 1, 2].map((ordinal) =>
        report(ordinal, { process: "starting", data: "none" }),
      );
      assert.match(
        reasonOf(decide(zero!, { ...late, peers: [one!, two!] })),
        /no disk holds data of it any more/,
      );
      assert.doesNotMatch(
        reasonOf(decide(zero!, { ...late, peers: [one!] })),
        /no disk/,
        "member 2 may have data",
      );
      assert.deepEqual(decide(zero!, { elapsed: 60_000, peers: [one!, two!] }), { kind: "bootstrap" });
      assert.match(
        reasonOf(decide(one!, { elapsed: 60_000, peers: [zero!, two!] })),
        /member 0 bootstraps it/,
      );
    });
  });

  it("takes what comes onto a disk that was emptied while the server ran for a copy", () => {
    const own = report(1, { process: "starting", data: "none" }, record());
    assert.deepEqual(decide(own, { marker: running() }), { kind: "start", init: true });
    const known = report(1, { process: "starting", data: "none" }, { stage: "fresh", epoch: 0 });
    assert.equal(decide(known, { marker: running() }).kind, "wait");
  });

  it("follows another choice when the one before came to nothing", () => {
    const marker = markerOf({ phase: "founding", holder: 2, recoverFrom: "1@1" });
    const [zero, one, two] = [0, 1, 2].map((ordinal) => report(ordinal, withData, record())) as [
      Report,
      Report,
      Report,
    ];
    const late = { marker, elapsed: 60_000 };
    assert.deepEqual(decide(one, { ...late, peers: [zero, two] }), { kind: "bootstrap", chosen: true });
    assert.match(reasonOf(decide(zero, { ...late, peers: [one, two] })), /member 2 has the right/);
  });

  it("does nothing while the pod is being stopped", () => {
    const own = { ...report(0, leading, record()), stopping: true };
    assert.match(reasonOf(decide(own, { marker: running() })), /being stopped/);
  });
});
