import * as assert from "node:assert/strict";
import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import type { Topology } from "../../../components/protocol/topology";
import { ApplicationLogin, type LoginStore, MissingLogin } from "../../../agent/core/login";
import { Notices } from "../../../agent/core/notices";
import type { Login, Report } from "../../../agent/core/types";
import { RING } from "../support/topologies";
import { randomOf } from "./election/time";
import { online, view } from "./fixtures";
import { proofsOf } from "./members";

const FORMER: Login = { user: "app_a", password: "former" };
const PRESENT: Login = { user: "app_b", password: "present" };
const MEMBERS = [0, 1, 2];

/** A kubelet brings a changed Secret to a pod by then, s. */
const BROUGHT_WITHIN = 90;

const isSame = (one: Login | undefined, other: Login): boolean =>
  one?.user === other.user && one.password === other.password;

/** A Secret, and the copies of it that kubelets bring to pods, each at its own moment. */
class Mounted {
  private readonly arriving: { at: number; value: Login }[] = [];

  constructor(
    public value: Login | undefined,
    private readonly random: () => number,
  ) {}

  change(value: Login, now: number): void {
    this.arriving.push({ at: now + this.random() * BROUGHT_WITHIN, value });
  }

  pass(now: number): void {
    while (this.arriving[0] && this.arriving[0].at <= now) this.value = this.arriving.shift()?.value;
  }
}

/** A member: its server with the accounts of now and of before, and what its agent works with. */
class FakeMember {
  readonly notices = new Notices();
  readonly login: ApplicationLogin;
  readonly mounted: Mounted;
  accepts: Login[] = [FORMER];
  /** Its agent answers the others. */
  answers = true;
  serves = true;

  constructor(
    readonly ordinal: number,
    private readonly set: FakeSet,
  ) {
    this.mounted = new Mounted(FORMER, set.random);
    const { mounted } = this;
    const proofs = proofsOf(() => "secret");
    this.login = new ApplicationLogin({
      wanted: async () => mounted.value,
      letsIn: async (who) => {
        this.set.attempts++;
        return this.accepts.some((one) => isSame(one, who));
      },
      marks: (text) => proofs.marks(text),
      store: set.store,
      topology: set.topology,
      notices: this.notices,
      clock: () => set.now * 1000,
    });
  }

  /** What an engine's `reconcile` does with the accounts. */
  reconcile(): void {
    const { value } = this.mounted;
    if (value !== undefined && !isSame(this.accepts[0], value))
      this.accepts = [value, ...this.accepts.slice(0, 1)];
  }

  get report(): Report {
    const { mark } = this.login;
    const report = online(this.ordinal, view(1, MEMBERS, this.set.primary));
    if (!this.serves) report.status.admitted = false;
    return { ...report, ...(mark === undefined ? {} : { login: mark }) };
  }
}

/** A set of three, second by second. */
class FakeSet {
  now = 0;
  attempts = 0;
  primary = 0;
  /** What applications' Secret holds. */
  published: Login | undefined;
  missing = false;
  writes = 0;
  readonly members: FakeMember[];
  /** A pod that mounts the members' Secret, and one that mounts what is published. */
  readonly ofMembers: Mounted;
  readonly ofLogin: Mounted;
  readonly store: LoginStore = {
    read: async () => {
      if (this.missing) throw new MissingLogin("the Secret orders-login is not there");
      return this.published;
    },
    write: async (login) => {
      this.writes++;
      this.published = login;
      this.ofLogin.change(login, this.now);
    },
  };

  /** @param shared - accounts go from the primary to the others with the data, some seconds late; else each agent sets its own server's. */
  constructor(
    readonly random: () => number = () => 0,
    readonly shared = true,
    readonly topology: Topology = MYSQL_TOPOLOGY,
  ) {
    this.ofMembers = new Mounted(FORMER, random);
    this.ofLogin = new Mounted(undefined, random);
    this.members = MEMBERS.map((ordinal) => new FakeMember(ordinal, this));
  }

  rotate(login = PRESENT): void {
    for (const { mounted } of this.members) mounted.change(login, this.now);
    this.ofMembers.change(login, this.now);
  }

  member(ordinal: number): FakeMember {
    const found = this.members[ordinal];
    assert.ok(found);
    return found;
  }

  async second(): Promise<void> {
    this.now++;
    for (const one of [...this.members.map(({ mounted }) => mounted), this.ofMembers, this.ofLogin])
      one.pass(this.now);
    for (const member of this.members) {
      if (!this.shared || member.ordinal === this.primary) member.reconcile();
      else if (this.random() < 0.3) member.accepts = [...this.member(this.primary).accepts];
      await member.login.look();
    }
    const reports = this.members.filter(({ answers }) => answers).map(({ report }) => report);
    for (const { ordinal, login, report } of this.members) {
      const others = MEMBERS.filter((one) => one !== ordinal);
      const peers = reports.filter((one) => one.ordinal !== ordinal);
      await login.publish(report, peers, others).catch(() => undefined);
    }
  }

  async seconds(count: number, each: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < count; passed++) {
      await this.second();
      each();
    }
  }

  /** How many members refuse somebody. */
  refusing(login: Login | undefined): number {
    return this.members.filter(({ accepts }) => !accepts.some((one) => isSame(login, one))).length;
  }
}

describe("the login of applications", () => {
  for (const shared of [true, false]) {
    describe(`where an account ${shared ? "goes with the data" : "is each agent's own to set"}`, () => {
      const refused = { ofMembers: 0, ofLogin: 0 };

      before(async () => {
        for (let seed = 1; seed <= 12; seed++) {
          const set = new FakeSet(randomOf(seed), shared);
          await set.seconds(2 * BROUGHT_WITHIN);
          set.rotate();
          await set.seconds(4 * BROUGHT_WITHIN, () => {
            refused.ofMembers += set.refusing(set.ofMembers.value);
            refused.ofLogin += set.refusing(set.ofLogin.value);
          });
          assert.deepEqual(set.ofLogin.value, PRESENT, `seed ${seed}`);
        }
      });

      it("is accepted by every member whenever a kubelet brings what", () => {
        assert.equal(refused.ofLogin, 0);
      });

      it("would be refused to who reads the members' own Secret", () => {
        assert.ok(refused.ofMembers > 0);
      });
    });
  }

  it("is there at once where none was, and written once", async () => {
    const set = new FakeSet();
    for (const { ordinal } of set.members) set.member(ordinal).answers = ordinal === 0;
    await set.seconds(2);
    assert.deepEqual(set.published, FORMER);
    await set.seconds(200);
    assert.equal(set.writes, 1);
  });

  it("is written again where somebody changed it", async () => {
    const set = new FakeSet();
    await set.second();
    set.published = { user: "app_a", password: "by hand" };
    await set.seconds(61);
    assert.deepEqual(set.published, FORMER);
  });

  it("waits two minutes for a member that cannot be seen or serves nobody, and then no more", async () => {
    for (const change of [{ answers: false }, { serves: false }]) {
      const set = new FakeSet(undefined, false);
      await set.second();
      Object.assign(set.member(2), change);
      set.member(2).mounted.change = () => undefined;
      set.rotate();
      await set.seconds(118);
      assert.deepEqual(set.published, FORMER);
      await set.seconds(5);
      assert.deepEqual(set.published, PRESENT);
    }
  });

  it("waits for as long as a member serves with the one before, and says so", async () => {
    const set = new FakeSet(undefined, false);
    await set.second();
    set.member(2).mounted.change = () => undefined;
    set.rotate();
    await set.seconds(290);
    assert.deepEqual(set.member(0).notices.list(), []);
    await set.seconds(400);
    assert.deepEqual(set.published, FORMER);
    const [notice] = set.member(0).notices.list();
    assert.match(`${notice?.severity} ${notice?.text}`, /^notice .*not every member has: 2$/);
    set.primary = 1;
    await set.second();
    assert.deepEqual(set.member(0).notices.list(), []);
    set.member(2).mounted.value = PRESENT;
    await set.seconds(10);
    assert.deepEqual(set.published, PRESENT);
    assert.deepEqual(set.member(1).notices.list(), []);
  });

  it("is not taken back by a new primary that has not heard of the rotation", async () => {
    const set = new FakeSet(undefined, false);
    await set.second();
    set.member(1).answers = false;
    set.member(1).mounted.change = () => undefined;
    set.rotate();
    await set.seconds(130);
    assert.deepEqual(set.published, PRESENT);
    set.primary = 1;
    set.member(1).answers = true;
    await set.seconds(300);
    assert.deepEqual(set.published, PRESENT);
  });

  it("is tried with a server that refuses it every five seconds, and not again once it was let in", async () => {
    const set = new FakeSet();
    await set.second();
    const before = set.attempts;
    set.member(1).mounted.change(PRESENT, set.now);
    await set.seconds(60);
    assert.ok(set.attempts - before <= 13, `${set.attempts - before}`);
    const settled = new FakeSet();
    await settled.seconds(60);
    assert.equal(settled.attempts, 3);
  });

  it("says that its Secret is not there, until it is", async () => {
    const set = new FakeSet();
    set.missing = true;
    await set.second();
    const [notice] = set.member(0).notices.list();
    assert.deepEqual([notice?.severity, notice?.text], ["problem", "the Secret orders-login is not there"]);
    set.missing = false;
    await set.second();
    assert.deepEqual(set.member(0).notices.list(), []);
    assert.deepEqual(set.published, FORMER);
  });

  it("is published by one of them where members are equals", async () => {
    const set = new FakeSet(undefined, false, RING);
    await set.seconds(5);
    assert.equal(set.writes, 1);
    set.rotate();
    await set.seconds(5);
    assert.deepEqual(set.published, PRESENT);
    assert.equal(set.writes, 2);
  });

  it("is told to other members by what tells nobody else", async () => {
    const set = new FakeSet();
    await set.second();
    const { mark = "" } = set.member(0).login;
    assert.match(mark, /^[0-9a-f]{64}$/);
    assert.equal(set.member(1).login.mark, mark);
    const text = JSON.stringify([FORMER.user, FORMER.password]);
    const [foreign] = await proofsOf(() => "another secret").marks(text);
    assert.notEqual(foreign, mark);
  });
});
