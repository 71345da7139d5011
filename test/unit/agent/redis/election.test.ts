import assert from "node:assert/strict";
import Redis from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "../../../../agent/core/clock";
import { Elector } from "../../../../agent/core/election/elector";
import type { Lease, LeaseStore, StoredLease } from "../../../../agent/core/election/lease";
import { Durability, RedisMode } from "../../../../components";
import { Lab, type LabMember, type Purpose, until, WHY_NOT } from "./lab";

/** What lies in the API server, for all members. */
class OneLease implements LeaseStore {
  stored: StoredLease = { term: 0, version: "1" };

  read(): Promise<StoredLease> {
    return Promise.resolve(structuredClone(this.stored));
  }

  replace(next: Lease, version: string): Promise<StoredLease | undefined> {
    if (version !== this.stored.version) return Promise.resolve(undefined);
    this.stored = { ...structuredClone(next), version: String(Number(version) + 1) };
    return this.read();
  }
}

/** Members whose agents elect over real servers, and a client that waits for one replica at each write. */
class Electing {
  readonly lease = new OneLease();
  readonly acknowledged: string[] = [];
  /** Members whose agents nobody reaches. */
  readonly cutOff = new Set<LabMember>();
  private readonly electors: Elector[];
  private ended = false;
  private readonly running: Promise<void>[] = [];
  private lastAt = 0;
  private longest = 0;

  constructor(readonly lab: Lab) {
    this.electors = lab.members.map((member) => this.elector(member));
  }

  async begin(): Promise<void> {
    await this.lab.start();
    await this.lab.members[0]!.replication.found();
    for (const elector of this.electors) this.running.push(this.rounds(elector));
    await until("a primary that all follow", async () => {
      const { followers = [] } = await this.primary.replication.state();
      return followers.length === this.lab.members.length - 1;
    });
    this.running.push(this.write());
    await until("the first writes", () => Promise.resolve(this.acknowledged.length > 3));
    this.longest = 0;
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.running);
    await this.lab.end();
  }

  /** @throws Error while there is none */
  get primary(): LabMember {
    const found = this.lab.members.find((_, ordinal) => this.electors[ordinal]?.state?.as === "primary");
    if (!found) throw new Error("there is no primary");
    return found;
  }

  async handOver(to: LabMember): Promise<void> {
    await this.electors[this.primary.reached.ordinal]?.handOver(to.reached.ordinal);
  }

  /** Waits until another write is acknowledged. @returns the longest time between two, ms */
  async writesAgain(within = 20_000): Promise<number> {
    const before = this.acknowledged.length;
    await until("another write", () => Promise.resolve(this.acknowledged.length > before + 3), within);
    return this.longest;
  }

  /** Writes that were acknowledged and are not there. */
  async lost(): Promise<string[]> {
    const rows = new Set((await this.primary.ask("SMEMBERS", "rows")) as string[]);
    return this.acknowledged.filter((row) => !rows.has(row));
  }

  private elector(member: LabMember): Elector {
    const { ordinal } = member.reached;
    return new Elector({
      self: ordinal,
      replication: member.replication,
      leases: this.lease,
      ask: async (other, term) => {
        const asked = this.lab.members[other.ordinal];
        if (asked === undefined || this.cutOff.has(asked) || this.cutOff.has(member))
          throw new Error("cut off");
        await sleep(2);
        return this.electors[other.ordinal]!.answer(ordinal, term);
      },
      others: () => this.lab.members.filter((one) => one !== member).map(({ reached }) => reached),
      facts: () => ({
        wanted: this.lab.members.length,
        member: true,
        holds: member.runs,
        fit: member.runs,
        founder: ordinal === 0 && this.lease.stored.term === 0,
        alone: false,
        ended: !member.runs,
      }),
      clock: monotonic,
      log: () => undefined,
    });
  }

  private async rounds(elector: Elector): Promise<void> {
    while (!this.ended) {
      await elector.round();
      await sleep(50);
    }
  }

  /** As clients find the primary: by its address, which who was elected has written. */
  private async write(): Promise<void> {
    for (let count = 0; !this.ended; count++) {
      const { holder } = this.lease.stored;
      const primary = this.lab.members[holder ?? -1];
      if (primary?.runs === true) await this.writeTo(primary, `row ${count}`).catch(() => undefined);
      await sleep(10);
    }
  }

  private async writeTo({ reached }: LabMember, row: string): Promise<void> {
    const client = new Redis({
      host: reached.address,
      username: "app",
      password: "app's",
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      lazyConnect: true,
      connectTimeout: 500,
      commandTimeout: 1_000,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.sadd("rows", row);
      if ((await client.wait(1, 500)) < 1) return;
      this.acknowledged.push(row);
      const now = monotonic();
      if (this.lastAt > 0) this.longest = Math.max(this.longest, now - this.lastAt);
      this.lastAt = now;
    } finally {
      client.disconnect();
    }
  }
}

describe("agents that elect over real servers", function () {
  this.timeout(90_000);
  let all: Electing;

  before(function () {
    if (WHY_NOT === undefined) return;
    this.test!.parent!.title += ` (SKIPPED: ${WHY_NOT})`;
    this.skip();
  });

  const began = async (purpose?: Purpose): Promise<void> => {
    all = new Electing(new Lab(3, purpose));
    await all.begin();
  };

  afterEach(async () => {
    await all.end();
  });

  const leads = async (which: (primary: LabMember) => boolean): Promise<boolean> => {
    await sleep(0);
    return which(all.primary);
  };
  const isGone = (former: LabMember) => () => leads((primary) => primary !== former);

  it("hand the primary over with every write", async () => {
    await began();
    const former = all.primary;
    const next = all.lab.members.find((one) => one !== former)!;
    await all.handOver(next);
    const gap = await all.writesAgain();
    assert.ok(gap < 2_000, `${gap} ms`);
    assert.equal(all.primary, next);
    assert.deepEqual(await all.lost(), []);
  });

  it("elect another one when the server is killed, and take it back when it returns", async () => {
    await began();
    const former = all.primary;
    await former.kill();
    await until("another primary", isGone(former));
    const gap = await all.writesAgain();
    assert.ok(gap < 4_000, `${gap} ms`);
    await former.start();
    await until("it follows", async () => (await former.replication.state()).link === "up");
    assert.deepEqual(await all.lost(), []);
  });

  it("give nothing up for a primary that comes back empty at once", async () => {
    await began();
    const former = all.primary;
    await former.kill();
    former.loseDisk();
    await former.start();
    await until("another primary", isGone(former));
    const gap = await all.writesAgain();
    assert.ok(gap < 5_000, `${gap} ms`);
    await until("it follows", async () => (await former.replication.state()).link === "up");
    assert.deepEqual(await all.lost(), []);
  });

  it("elect nobody who lags while the one that had the writes is away, and go on when it is back", async () => {
    await began();
    const former = all.primary;
    const [lagging, having] = all.lab.members.filter((one) => one !== former) as [LabMember, LabMember];
    lagging.pause();
    await all.writesAgain();
    await having.orderlyStop.run();
    await former.kill();
    lagging.resume();
    await sleep(8_000);
    assert.throws(() => all.primary, /no primary/, "it would be without what was acknowledged");
    await having.start();
    await until("the one with the writes leads", () => leads((primary) => primary === having), 20_000);
    await all.writesAgain();
    assert.deepEqual(await all.lost(), []);
  });

  it("take a primary's right from it that no majority reaches, before another one has it", async () => {
    await began();
    const former = all.primary;
    all.cutOff.add(former);
    await until("another primary", isGone(former), 20_000);
    assert.notEqual((await former.replication.state()).as, "primary");
    const gap = await all.writesAgain();
    assert.ok(gap < 12_000, `${gap} ms`);
    all.cutOff.clear();
    await until("it follows", async () => (await former.replication.state()).link === "up", 20_000);
    assert.deepEqual(await all.lost(), []);
  });

  it("go on by themselves when all are killed", async () => {
    // With `preferred`, a server writes its log up to two seconds late while the disk is busy.
    await began({ durability: Durability.Majority });
    await Promise.all(all.lab.members.map((member) => member.kill()));
    await Promise.all(all.lab.members.map((member) => member.start()));
    await until("a primary", () => leads((primary) => primary.runs), 30_000);
    await all.writesAgain(30_000);
    assert.deepEqual(await all.lost(), []);
  });

  it("keep nothing of a cache on a disk, and begin again, empty, when all are killed", async () => {
    await began({ mode: RedisMode.Cache });
    const former = all.primary;
    // Nothing is promised of a cache: a server that comes back empty has a vote, and outvotes the one that alone has a write.
    let both: string[] = [];
    const others = all.lab.members.filter((one) => one !== former);
    for (const one of others) await one.server.ask(await one.accounts.admission());
    await until("writes that two others have", async () => {
      const rows = (await Promise.all(others.map((one) => one.ask("SMEMBERS", "rows")))) as string[][];
      both = all.acknowledged.filter((row) => rows.every((had) => had.includes(row)));
      return both.length > 3;
    });
    await former.kill();
    await former.start();
    await until("another primary", isGone(former));
    await all.writesAgain();
    await until("it follows", async () => (await former.replication.state()).link === "up");
    const lost = new Set(await all.lost());
    assert.deepEqual(
      both.filter((row) => lost.has(row)),
      [],
      "two others had it",
    );

    await Promise.all(all.lab.members.map((member) => member.kill()));
    await Promise.all(all.lab.members.map((member) => member.start()));
    await until("a primary", () => leads((primary) => primary.runs), 30_000);
    await all.writesAgain(30_000);
    assert.ok((await all.lost()).length > 0, "nobody had it any more");
  });
});
