import * as assert from "node:assert/strict";
import type { BackupSettings } from "../../../../components/protocol/backup";
import { Catalogue } from "../../../../agent/backup/catalogue";
import type { Written } from "../../../../agent/backup/events";
import type { Results } from "../../../../agent/backup/say-results";
import { Seal } from "../../../../agent/backup/seal";
import { Shipper } from "../../../../agent/backup/ship";
import { Away, Refused } from "../../../../agent/backup/store/store";
import { viewOf } from "../../../../agent/backup/view";
import { Notices } from "../../../../agent/core/notices";
import type { Report } from "../../../../agent/core/types";
import { positions } from "../../../../agent/mysql/archived";
import { online, view } from "../fixtures";
import { FakeLog, upTo } from "./fake-log";
import { MemoryStore } from "./memory-store";

const CLUSTER = "c";
const seal = new Seal("k".repeat(32));
const place = (life: number) => ({ namespace: "ns", database: "db", cluster: CLUSTER, life });

describe("backup: storing the log", () => {
  let store: MemoryStore;
  let clock = 0;
  const settings: BackupSettings = {
    destination: { kind: "directory", path: "/x", prefix: "" },
    recoveryPointSeconds: 10,
    retentionSeconds: 14 * 86_400,
    keepLogsPercent: 25,
  };
  const START = Date.parse("2026-11-26T07:00:00Z");

  beforeEach(() => {
    store = new MemoryStore();
    clock = 0;
  });

  /** A member whose agent stores its log. */
  class Member {
    readonly notices = new Notices();
    own: Report | undefined;
    wanted: BackupSettings | undefined = settings;
    volume = 1_000_000;
    /** @default all of it */
    free: number | undefined;
    results: Results = {};
    /** When full copies were asked for. */
    requested: number[] = [];
    /** Whether it is still the primary, when that is asked at last. */
    still = true;
    /** What is mounted now, where it is not what all have. */
    store: MemoryStore | undefined;
    seal: Seal | undefined;
    readonly shipper: Shipper;

    constructor(
      readonly ordinal: number,
      readonly log: FakeLog,
    ) {
      this.shipper = this.begin();
    }

    begin(): Shipper {
      return new Shipper({
        archive: this.log,
        member: { namespace: "ns", database: "db", ordinal: this.ordinal },
        look: () => this.own,
        stillPrimary: async () => this.still,
        wanted: async () =>
          this.wanted && { settings: this.wanted, store: this.store ?? store, seal: this.seal ?? seal },
        volume: async () => ({ free: this.free ?? this.volume, size: this.volume }),
        results: async () => this.results,
        requestCopy: async () => {
          this.requested.push(clock);
        },
        notices: this.notices,
        log: () => undefined,
        clock: () => clock,
        now: () => START + clock,
      });
    }

    leads(number: number, epoch = 1): this {
      const seen = view(number, [0, 1, 2], this.ordinal);
      const report = online(this.ordinal, seen);
      this.own = { ...report, record: { ...report.record!, cluster: CLUSTER, epoch } };
      this.own.status = { ...this.own.status, role: "primary", admitted: true };
      return this;
    }

    follows(number: number, primary: number): this {
      this.leads(number);
      this.own!.status = { ...this.own!.status, role: "replica", view: view(number, [0, 1, 2], primary) };
      return this;
    }

    said(about: RegExp): string[] {
      return this.notices
        .list()
        .filter(({ text }) => about.test(text))
        .map(({ severity, text }) => `${severity}: ${text}`);
    }
  }

  const events = async (life = 1): Promise<Written[]> =>
    new Catalogue(store, seal, place(life), "test").read();
  const stored = async (life = 1) => viewOf(await events(life), positions);
  const advance = async (member: Member, ms: number, every = 5_000): Promise<void> => {
    for (const end = clock + ms; clock < end;) {
      clock += every;
      await member.shipper.round();
    }
  };

  it("stores what is committed, and says until when all is", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(3);
    await member.shipper.round();
    clock = 5_000;
    member.log.commit(2);
    await member.shipper.round();
    const found = await stored();
    assert.equal(found.segments[0]!.covered, upTo(5));
    assert.ok(!found.broken);
    assert.equal(member.shipper.restorable, START + 5_000);
    assert.deepEqual(
      found.segments[0]!.pieces.map(({ from, to }) => [from, to]),
      [
        [0, 30],
        [30, 50],
      ],
    );
    for (const { name, bytes } of found.segments[0]!.pieces.flatMap(({ parts }) => parts)) {
      assert.equal((await seal.open(name, await store.get(name))).length, bytes);
      assert.match(name, /^ns\/db\/c\/0001\/log\/00000001\.00000001\/0-binlog\.000001-head\//);
    }
  });

  it("says so each minute when nothing happens, and stores nothing else", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(3);
    await advance(member, 300_000);
    const found = await events();
    assert.equal(found.filter(({ kind }) => kind === "piece").length, 1);
    const said = found.filter(({ kind }) => kind === "restorable").length;
    assert.ok(said >= 5 && said <= 6, `${said}`);
    assert.equal(member.shipper.restorable, START + clock);
  });

  it("says nothing of a moment when it was no longer the primary", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(3);
    member.still = false;
    await member.shipper.round();
    assert.deepEqual(
      (await events()).filter(({ kind }) => kind === "restorable"),
      [],
    );
  });

  it("goes on without a hole after a change of primary, whatever the new one's files are", async () => {
    const first = new Member(0, new FakeLog("a")).leads(1);
    first.log.commit(7);
    await first.shipper.round();
    first.log.commit(2);
    const second = new Member(1, new FakeLog("b")).leads(2);
    second.log.commit(4);
    second.log.rotate();
    second.log.commit(1);
    second.log.rotate();
    second.log.commit(6);
    await second.shipper.round();
    const found = await stored();
    assert.equal(found.segments.length, 1);
    assert.equal(found.segments[0]!.covered, upTo(11));
    assert.deepEqual(found.stray, []);
    const last = found.segments[0]!.pieces.at(-1)!;
    assert.equal(last.before, upTo(5), "it begins with the last file whose beginning is stored");
  });

  it("does not store a file again when its agent was restarted", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(7);
    await member.shipper.round();
    member.log.commit(2);
    clock += 5_000;
    await member.begin().round();
    assert.deepEqual(
      (await stored()).segments[0]!.pieces.map(({ from, to }) => [from, to]),
      [
        [0, 70],
        [70, 90],
      ],
    );
  });

  it("takes an object that a lost answer left behind for stored, and no other", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(7);
    await member.shipper.round();
    const [name] = [...store.objects.keys()].filter((one) => one.includes("/log/"));
    // The catalogue lost it, as if the agent had ended in between.
    for (const key of store.objects.keys())
      if (key.includes("Z-piece-") || key.includes("Z-restorable-")) store.objects.delete(key);
    await member.begin().round();
    assert.equal((await stored()).segments[0]!.covered, upTo(7));
    for (const key of store.objects.keys())
      if (key.includes("Z-piece-") || key.includes("Z-restorable-")) store.objects.delete(key);
    store.objects.set(name!, await seal.close(name!, Buffer.from("x".repeat(70))));
    clock += 400_000;
    await member.begin().round();
    assert.equal((await stored()).segments[0]!.covered, "");
  });

  it("begins a new life when data goes on that lacks what is stored, and not at the first look", async () => {
    const first = new Member(0, new FakeLog("a")).leads(1);
    first.log.commit(9);
    await first.shipper.round();
    const second = new Member(1, new FakeLog("b")).leads(1, 2);
    second.log.commit(5);
    await second.shipper.round();
    assert.deepEqual(await events(2), []);
    await second.shipper.round();
    await second.shipper.round();
    assert.equal((await stored(2)).segments[0]!.covered, upTo(5));
    assert.equal((await stored(1)).segments[0]!.covered, upTo(9));
    clock += 5_000;
    second.log.commit(1);
    await second.begin().round();
    assert.equal((await stored(2)).segments[0]!.covered, upTo(6));
    assert.deepEqual(await events(3), []);
  });

  it("says that a store is away: after a minute, after five as a problem, and no more when it is back", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(1);
    await member.shipper.round();
    store.failure = new Away("nobody answers");
    member.log.commit(1);
    await advance(member, 55_000);
    assert.deepEqual(member.said(/backup/), []);
    await advance(member, 10_000);
    assert.deepEqual(member.said(/backup/), [
      "notice: nothing has been stored in the backup since 2026-11-26T07:00:00Z: nobody answers",
    ]);
    await advance(member, 250_000);
    assert.match(member.said(/backup/)[0]!, /^problem: /);
    assert.equal(member.shipper.restorable, START);
    store.failure = undefined;
    await advance(member, 5_000);
    assert.deepEqual(member.said(/backup/), []);
    assert.equal((await stored()).segments[0]!.covered, upTo(2));
  });

  it("says within two minutes, with what to do, what somebody must change: also when it was so from the beginning", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    store.failure = new Refused(
      "the store refuses what is asked (403 AccessDenied)",
      "look at the access key",
    );
    await advance(member, 65_000);
    const [said] = member.notices.list();
    assert.equal(said!.severity, "problem");
    assert.match(said!.text, /403 AccessDenied/);
    assert.equal(said!.advice, "look at the access key");
  });

  it("stores nothing with another key than what is there, and says what to do: half of it could never be read", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(3);
    await member.shipper.round();
    const before = store.objects.size;
    member.seal = new Seal("another key of thirty-two characters");
    member.log.commit(3);
    await advance(member, 70_000);
    assert.equal(store.objects.size, before);
    assert.match(member.said(/another key/).join(), /^problem: .*another key/);
    assert.match(member.notices.list()[0]!.advice ?? "", /give the key/);
    member.seal = seal;
    await advance(member, 5_000);
    assert.equal((await stored()).segments[0]!.covered, upTo(6));
    assert.deepEqual(member.said(/./), []);
  });

  it("begins anew where the destination was changed, entries and log alike", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(3);
    await member.shipper.round();
    const former = new Map(store.objects);
    member.store = new MemoryStore();
    member.log.commit(3);
    await advance(member, 5_000);
    assert.deepEqual([...store.objects.keys()], [...former.keys()]);
    const found = viewOf(await new Catalogue(member.store, seal, place(1), "test").read(), positions);
    assert.equal(found.segments[0]!.covered, upTo(6));
    assert.ok(!found.broken);
  });

  it("says nothing where no backup is wanted, nor on a replica, and takes back what it said", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.wanted = undefined;
    member.log.keep = async () => Promise.reject(new Error("the server cannot be asked"));
    await advance(member, 400_000);
    assert.deepEqual(member.notices.list(), []);
    const other = new Member(1, new FakeLog()).follows(1, 0);
    store.failure = new Away("nobody answers");
    await advance(other, 400_000);
    assert.deepEqual(other.notices.list(), []);
    // It has just become the primary: it is not behind by the time before.
    other.leads(2);
    await advance(other, 5_000);
    assert.deepEqual(other.notices.list(), []);
    await advance(other, 65_000);
    assert.equal(other.notices.list().length, 1);
    other.follows(3, 0);
    await advance(other, 5_000);
    assert.deepEqual(other.notices.list(), []);
  });

  it("gives the oldest up at the limit, names the gap while it matters, and goes on", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.volume = 1_000;
    member.log.commit(5);
    await member.shipper.round();
    store.failure = new Away("nobody answers");
    for (let file = 0; file < 6; file++) {
      member.log.rotate();
      member.log.commit(10);
      await advance(member, 5_000);
      assert.ok((await member.log.backlog(upTo(5))) <= 250, "a quarter of the volume");
    }
    store.failure = undefined;
    await advance(member, 5_000);
    const found = await stored();
    assert.equal(found.segments.length, 2);
    assert.equal(found.segments[1]!.start, upTo(45));
    assert.equal(found.segments[1]!.covered, upTo(65));
    assert.deepEqual(
      found.gaps.map(({ before, after }) => [before, after]),
      [[upTo(5), upTo(45)]],
    );
    assert.ok(!found.broken);
    assert.match(member.said(/can be restored/)[0]!, /^problem: no moment between 2026-11-26T07:00:00Z and /);
    // Another agent says it as well.
    const again = member.begin();
    await again.round();
    assert.equal(member.said(/can be restored/).length, 1);
    // A base that has what is missing makes the log after it good again; the gap stays.
    const base = {
      tool: "restic",
      reference: "r",
      started: 1,
      finished: 2,
      bytes: 3,
      version: "9.7.4",
      source: "1",
    } as const;
    await new Catalogue(store, seal, place(1), "job", () => START + clock).write({
      kind: "base",
      ...base,
      position: upTo(60),
    });
    await advance(member, 35_000);
    assert.match(member.said(/can be restored/)[0]!, /^notice: no moment between/);
    await advance(member, settings.retentionSeconds * 1000, 86_400_000);
    assert.deepEqual(member.said(/can be restored/), []);
  });

  const copyOf = async (last: number, life = 1): Promise<void> =>
    new Catalogue(store, seal, place(life), "job", () => START + clock).write({
      kind: "base",
      ...{ tool: "restic", reference: "r", position: upTo(last), started: 1, finished: 2, bytes: 3 },
      ...{ version: "9.7.4", source: "1" },
    });

  it("asks for a full copy where what is stored cannot be restored: at first, after a gap, in a new life; and no longer than that", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(5);
    await member.shipper.round();
    assert.deepEqual(member.requested, [0], "there is none yet");
    await advance(member, 290_000);
    assert.equal(member.requested.length, 1);
    await advance(member, 20_000);
    assert.equal(member.requested.length, 2, "and once more when none came");
    await copyOf(5);
    await advance(member, 900_000);
    assert.equal(member.requested.length, 2);

    store.failure = new Away("nobody answers");
    member.volume = 1_000;
    for (let file = 0; file < 6; file++) {
      member.log.commit(10);
      member.log.rotate();
      await advance(member, 5_000);
    }
    assert.equal(member.requested.length, 2, "while the store is away");
    store.failure = undefined;
    await advance(member, 5_000);
    assert.deepEqual(member.requested.slice(2), [clock], "as soon as the gap is known");
    await copyOf(65);
    await advance(member, 900_000);
    assert.equal(member.requested.length, 3);

    const anew = new Member(0, new FakeLog()).leads(1, 2);
    anew.log.commit(3);
    await advance(anew, 15_000);
    assert.equal(anew.requested.length, 1, "what was stored before is none of this life's");
    await copyOf(3, 2);
    await advance(anew, 900_000);
    assert.equal(anew.requested.length, 1);
    // The next agent finds it there.
    const next = new Member(1, anew.log).leads(2, 2);
    await advance(next, 900_000);
    assert.deepEqual(next.requested, []);
  });

  it("stores on where nobody can be asked for a copy, and says that none comes", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.requested.push = () => {
      throw new Error("403");
    };
    await advance(member, 1_700_000, 20_000);
    assert.deepEqual(member.said(/full copy/), []);
    await advance(member, 200_000, 20_000);
    assert.match(member.said(/full copy/)[0]!, /^problem: for want of a full copy .* no use for 3\d min/);
    assert.equal(member.shipper.restorable, START + clock);
    member.results = { copy: { begun: "2026-11-26T07:00:00Z" } };
    await advance(member, 40_000, 20_000);
    assert.deepEqual(member.said(/full copy/), [], "one is being made");
  });

  it("tells of a full copy and of a drill that failed, as the primary alone", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    const at = "2026-11-26T07:00:00Z";
    member.wanted = { ...settings, drillSeconds: 7 * 86_400 };
    member.results = {
      copy: { good: false, at, why: "restic could not store the copy" },
      drill: { good: false, at, target: "latest", why: "log/a is not what was stored", advice: "do this" },
    };
    await member.shipper.round();
    assert.match(
      member.said(/copy failed/)[0]!,
      /^problem: the last full copy failed \(2026.*\): restic could/,
    );
    assert.match(
      member.said(/drill/)[0]!,
      /^problem: the last restore drill of latest failed .*log\/a is not/,
    );
    assert.ok(member.notices.list().some(({ advice }) => advice === "do this"));
    member.follows(2, 1);
    await member.shipper.round();
    assert.deepEqual(member.said(/drill|copy failed/), []);
    member.leads(3);
    member.results = {
      copy: { good: true, at },
      drill: { good: false, begun: at, at, why: "old" },
    };
    await advance(member, 60_000);
    assert.deepEqual(member.said(/copy failed/), []);
    assert.equal(member.said(/drill/).length, 1, "the next one has not ended yet");
    member.results = { drill: { good: true, at }, goodDrill: { good: true, at } };
    await advance(member, 60_000);
    assert.deepEqual(member.said(/drill/), []);
    await advance(member, 14 * 86_400_000, 86_400_000);
    assert.match(
      member.said(/drill/)[0]!,
      /^problem: no restore drill has succeeded since 2026-11-26T07:00:00Z/,
    );
    member.results = { since: START + clock };
    await advance(member, 60_000);
    assert.deepEqual(member.said(/drill/), [], "a new database has had no time for one");
    member.wanted = settings;
    member.results = { drill: { good: false, at, why: "old" } };
    await advance(member, 60_000);
    assert.deepEqual(member.said(/drill/), [], "none is wanted");
  });

  it("gives nothing up where the volume has room", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    await member.shipper.round();
    store.failure = new Away("nobody answers");
    for (let file = 0; file < 6; file++) {
      member.log.commit(10);
      member.log.rotate();
      await advance(member, 5_000);
    }
    store.failure = undefined;
    await advance(member, 5_000);
    const found = await stored();
    assert.deepEqual(found.gaps, []);
    assert.equal(found.segments[0]!.covered, upTo(60));
  });

  it("keeps logs whatever their age while there is a backup, and no longer", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    await member.shipper.round();
    assert.equal(member.log.kept, true);
    member.wanted = undefined;
    await member.shipper.round();
    assert.equal(member.log.kept, false);
    assert.equal(member.shipper.restorable, undefined);
  });

  it("lets a replica delete what is stored, and no more than that", async () => {
    const primary = new Member(0, new FakeLog("a")).leads(1);
    primary.log.commit(5);
    await primary.shipper.round();
    const replica = new Member(1, new FakeLog("b")).follows(1, 0);
    replica.log.commit(9);
    await replica.shipper.round();
    assert.deepEqual(replica.log.expired, [upTo(5)]);
    assert.equal((await events()).filter(({ kind }) => kind === "piece").length, 1);
    assert.equal(replica.shipper.restorable, undefined);
  });

  it("gives logs up before the limit where the volume is nearly full and the store is away, as much as lacks", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.volume = 100_000;
    member.log.commit(5);
    await member.shipper.round();
    member.free = 9_900;
    for (let file = 0; file < 60; file++) {
      member.log.rotate();
      member.log.commit(1);
    }
    const before = member.log.files.length;
    await member.shipper.round();
    assert.equal(member.log.files.length, before, "all of it is stored");
    store.failure = new Away("nobody answers");
    for (let file = 0; file < 60; file++) {
      member.log.rotate();
      member.log.commit(1);
    }
    await member.shipper.round();
    // A tenth of so small a volume is to be free: a hundred bytes lack, and a file has ten.
    const left = await member.log.backlog(upTo(65));
    assert.ok(left <= 500 && left >= 480, `${left}`);
    // The server removes them when it comes to it.
    await advance(member, 80_000);
    assert.equal(await member.log.backlog(upTo(65)), left);
    await advance(member, 20_000);
    assert.ok((await member.log.backlog(upTo(65))) < left);
    store.failure = undefined;
    await advance(member, 5_000);
    assert.equal((await stored()).gaps.length, 1);
  });

  it("gives up no more than lacks where the server keeps what it was let go to write over", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.volume = 100_000;
    member.log.commit(5);
    await member.shipper.round();
    store.failure = new Away("nobody answers");
    for (let file = 0; file < 60; file++) {
      member.log.rotate();
      member.log.commit(1);
    }
    member.free = 9_900;
    member.log.recycles = true;
    await member.shipper.round();
    const left = await member.log.backlog(upTo(5));
    assert.ok(left <= 500 && left >= 480, `${left}`);
    await advance(member, 200_000);
    assert.equal(await member.log.backlog(upTo(5)), left);
  });

  it("bounds a replica's logs too, though it never reached the store", async () => {
    const replica = new Member(1, new FakeLog()).follows(1, 0);
    replica.volume = 1_000;
    store.failure = new Away("nobody answers");
    for (let file = 0; file < 100; file++) {
      replica.log.commit(10);
      replica.log.rotate();
      await advance(replica, 5_000);
      if (clock < 300_000) assert.equal(replica.log.files.length, file + 2, "it may be stored");
    }
    assert.ok((await replica.log.backlog("")) <= 250);
  });

  it("stores the rest before a stop, though it is no member any more", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    member.log.commit(5);
    await member.shipper.round();
    member.log.commit(3);
    member.own = { ...member.own!, stopping: true };
    member.own.status = { ...member.own.status, member: "offline", role: "none" };
    await member.shipper.round();
    await member.shipper.finish();
    const found = await stored();
    assert.equal(found.segments[0]!.covered, upTo(8));
    assert.equal(found.restorable?.position, upTo(8));
  });

  it("does not begin a round while one hangs", async () => {
    const member = new Member(0, new FakeLog()).leads(1);
    store.hangs = true;
    void member.shipper.round();
    await new Promise((resolve) => setImmediate(resolve));
    const { asked } = store;
    void member.shipper.round();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(store.asked, asked);
  });
});
