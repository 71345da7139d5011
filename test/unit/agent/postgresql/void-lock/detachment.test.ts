import assert from "node:assert/strict";
import { Detachment, type Standing } from "../../../../../agent/postgresql/detachment";
import type { Electorate, HeldLock } from "../../../../../agent/postgresql/lock-state";
import { Silence } from "../../../../../agent/postgresql/silence";
import type { Report } from "../../../../../agent/core/types";

const FILE = "/run/members.crt";
const REPLICA: Standing = { leads: false, follows: true, barred: false };

describe("a replica whose primary is silent and does not renew its lock", () => {
  let now: number;
  let trusted: boolean;
  let silent: boolean;
  let lock: HeldLock;
  let electorate: Electorate;
  let conninfo: string | undefined;
  let reports: Report[];
  let done: string[];
  let stopped: boolean;
  let detachment: Detachment;
  let cut: () => Promise<void>;

  const report = (ordinal: number, role: string, detached?: string): Report =>
    ({
      ordinal,
      address: `10.0.0.${ordinal}`,
      status: { member: "online", role, detached },
    }) as unknown as Report;
  const make = (self = 1): Detachment =>
    new Detachment({
      database: "orders",
      self,
      trust: {
        path: FILE,
        isGiven: async () => Promise.resolve(trusted),
        give: async () => {
          if (!trusted) done.push("trust");
          trusted = true;
          return Promise.resolve();
        },
        take: async () => {
          done.push("distrust");
          trusted = false;
          return Promise.resolve();
        },
      },
      silence: new Silence(
        () => now,
        async () => Promise.resolve(!silent),
      ),
      members: () => reports,
      keys: {
        held: async () => Promise.resolve(lock),
        electorate: async () => Promise.resolve(electorate),
        freeze: async ({ version }, at) => {
          done.push(`freeze ${version} ${at}`);
          return Promise.resolve();
        },
        void: async (version) => {
          done.push(`void ${version}`);
          return Promise.resolve();
        },
      },
      conninfo: async () =>
        conninfo === undefined ? Promise.reject(new Error("gone")) : Promise.resolve(conninfo),
      cut: async () => cut(),
      isStopped: async () => Promise.resolve(stopped),
      log: () => undefined,
      clock: () => now,
    });
  const voted = (): string | undefined => detachment.vote?.version;
  const rounds = async (duration: number): Promise<void> => {
    for (let passed = 0; passed < duration; passed += 250) {
      await detachment.round();
      now += 250;
    }
  };

  beforeEach(async () => {
    now = 1_000;
    trusted = true;
    silent = false;
    stopped = false;
    lock = { version: "7", leader: "orders-0", address: "10.0.0.0" };
    electorate = { version: "3", leader: "orders-0", voters: ["orders-1", "orders-2"] };
    conninfo = `host=10.0.0.0 port=5432 sslmode=verify-ca sslrootcert=${FILE}`;
    reports = [report(0, "primary"), report(2, "replica")];
    done = [];
    cut = async () => {
      done.push("cut");
      return Promise.resolve();
    };
    detachment = make();
    detachment.see(REPLICA);
    await rounds(1_000);
    reports = [report(2, "replica")];
    silent = true;
  });

  it("votes after three seconds, when it trusts nobody and receives nothing any more", async () => {
    await rounds(2_500);
    assert.deepEqual(done, []);
    await rounds(1_500);
    assert.deepEqual(done, ["distrust", "cut"]);
    assert.equal(voted(), "7");
  });

  it("takes the lock away when all have voted who acknowledge its commits, and settles first who these are", async () => {
    await rounds(4_000);
    reports = [report(2, "replica", "6")];
    await rounds(1_000);
    assert.deepEqual(done.slice(2), []);
    reports = [report(2, "replica", "7")];
    await detachment.round();
    assert.deepEqual(done.slice(2), ["freeze 3 7", "void 7"]);
  });

  it("has the others told at once", async () => {
    await rounds(4_000);
    const told = detachment.run(() => {
      throw new Error("told");
    });
    await assert.rejects(told, /told/);
  });

  it("does not where these are others', or nobody, or it is none of them", async () => {
    await rounds(4_000);
    reports = [report(2, "replica", "7"), report(3, "replica", "7")];
    for (const other of [
      { leader: "orders-2", voters: electorate.voters },
      { leader: "orders-0", voters: [] },
      { leader: "orders-0", voters: ["orders-2", "orders-3"] },
    ]) {
      electorate = { version: "3", ...other };
      await detachment.round();
    }
    assert.deepEqual(done.slice(2), []);
  });

  it("leaves that to the first of them, by number, for two seconds", async () => {
    electorate = { ...electorate, voters: ["orders-10", "orders-2", "orders-1"] };
    reports = [report(2, "replica", "7"), report(10, "replica", "7")];
    await rounds(4_500);
    assert.ok(done.includes("void 7"));

    trusted = true;
    done = [];
    detachment = make(2);
    detachment.see(REPLICA);
    reports = [report(0, "primary")];
    silent = false;
    await rounds(1_000);
    silent = true;
    reports = [report(1, "replica", "7"), report(10, "replica", "7")];
    await rounds(4_500);
    assert.deepEqual(done, ["distrust", "cut"]);
    await rounds(2_000);
    assert.ok(done.includes("void 7"));
  });

  it("does nothing of this where its server is not kept off by the file", async () => {
    for (const other of [
      "host=10.0.0.0 sslmode=require",
      `host=10.0.0.0 sslmode=require sslrootcert=${FILE}`,
      "host=10.0.0.0 sslmode=verify-ca sslrootcert=/etc/other.crt",
      "",
    ]) {
      conninfo = other;
      await rounds(5_000);
    }
    assert.deepEqual([done, voted()], [[], undefined]);
  });

  for (const [what, standing] of [
    ["does not run", { ...REPLICA, follows: false }],
    ["must not", { ...REPLICA, barred: true }],
    ["is the primary", { ...REPLICA, leads: true, follows: false }],
  ] as const)
    it(`does nothing while it ${what}`, async () => {
      detachment.see(standing);
      await rounds(10_000);
      assert.deepEqual(done, []);
    });

  it("does nothing while the lock is renewed, somebody else holds it, or anything of the primary answers", async () => {
    for (let turn = 0; turn < 10; turn++) {
      lock = { ...lock, version: `1${turn}` };
      await rounds(1_000);
    }
    lock = { version: "30", leader: "orders-2" };
    await rounds(10_000);
    lock = { version: "31", leader: "orders-0" };
    reports = [report(0, "primary"), report(2, "replica")];
    await rounds(10_000);
    silent = false;
    await rounds(500);
    reports = [report(2, "replica")];
    await rounds(10_000);
    assert.deepEqual(done, []);
  });

  it("looks less often when nothing has come of it for a minute", async () => {
    await rounds(30_000);
    assert.equal(detachment.nextIn, 250);
    await rounds(60_000);
    assert.equal(detachment.nextIn, 5_000);
    lock = { version: "9", leader: "orders-0", address: "10.0.0.0" };
    await rounds(500);
    assert.deepEqual([trusted, detachment.nextIn], [true, 250]);
  });

  it("does not vote where something that receives does not end, and trusts again when the lock is renewed", async () => {
    cut = async () => Promise.reject(new Error("a receiver does not end"));
    await rounds(5_000);
    assert.equal(voted(), undefined);
    lock = { ...lock, version: "8" };
    await rounds(500);
    assert.deepEqual(done, ["distrust", "trust"]);
  });

  it("does not vote for a lock that was renewed meanwhile", async () => {
    cut = async () => {
      lock = { ...lock, version: "8" };
      return Promise.resolve();
    };
    await rounds(4_000);
    assert.equal(voted(), undefined);
  });

  it("trusts again when its server goes by who leads now", async () => {
    await rounds(4_000);
    lock = { version: "9", leader: "orders-2", address: "10.0.0.2" };
    await rounds(20_000);
    assert.ok(!trusted, "its server would receive from the old one");
    assert.equal(voted(), undefined);
    conninfo = `host=10.0.0.2 sslmode=verify-ca sslrootcert=${FILE}`;
    await rounds(500);
    assert.ok(trusted);
  });

  it("trusts again when it leads itself", async () => {
    await rounds(4_000);
    lock = { version: "9", leader: "orders-1" };
    detachment.see({ ...REPLICA, leads: true, follows: false });
    await rounds(500);
    assert.ok(trusted);
  });

  it("in a new pod, trusts nobody before it has seen the lock renewed: who it was before may have voted", async () => {
    trusted = false;
    stopped = true;
    detachment = make();
    await rounds(10_000);
    assert.ok(!trusted);
    lock = { ...lock, version: "8" };
    await rounds(500);
    assert.ok(trusted);
  });

  it("in a new pod, trusts at once where nobody has the lock", async () => {
    trusted = false;
    stopped = true;
    lock = { version: "1" };
    detachment = make();
    await rounds(500);
    assert.ok(trusted);
  });

  it("is waited for when a server is to start, and no longer than there is time", async () => {
    detachment = make();
    await detachment.untilTrusted(60_000);
    trusted = false;
    const waiting = detachment.untilTrusted(1_000);
    now += 1_001;
    await waiting;
  });

  it("waits ten seconds where no server runs that could tell whom it goes by", async () => {
    trusted = false;
    conninfo = undefined;
    detachment = make();
    await rounds(1_000);
    lock = { ...lock, version: "8" };
    await rounds(9_000);
    assert.ok(!trusted);
    await rounds(2_000);
    assert.ok(trusted);
  });
});
