import * as assert from "node:assert/strict";
import { CASSANDRA_TOPOLOGY } from "../../../../components/cassandra/topology";
import { cassandraPolicy } from "../../../../agent/cassandra/policy";
import type { BootstrapPlan, Capabilities, ServerStatus, StartContext } from "../../../../agent/core/engine";
import type { Ordinal } from "../../../../agent/core/types";
import { majority } from "../../../../agent/core/views";
import { FakeServer, FakeWorld } from "../fake";

/** Steps that a server takes to become a member. */
const JOINING_STEPS = 6;

/** Steps that it takes to compare all copies: longer than to join. */
const REPAIR_STEPS = 10;

/** Servers of a ring: which of them have a part of it they remember, as each of their disks does. */
export class RingOfServers extends FakeWorld {
  readonly ring = new Set<Ordinal>();
  /** How often a ring was begun. */
  begun = 0;
  /** Whether the application's account is let in: that lies in the ring. */
  open = false;
  /** How often two became members at the same time. */
  together = 0;
  /** Who left it, in this order. */
  readonly left: Ordinal[] = [];
  /** How often somebody left while another one was away. */
  torn = 0;
  /** A write reaches only as many as it needs, and a member that joins is given what one of the others has. */
  sparse = false;
  /** Copies cannot be compared. */
  unrepairable = false;
  /** How often members compared what they have. */
  repairs = 0;

  constructor(size: number, seed: number) {
    super(size, seed, (ordinal, world) => new RingServer(ordinal, world as unknown as RingOfServers));
  }

  private waiting: { steps: number; done: () => void }[] = [];

  /** The same, as what they are. */
  private readonly own = this.servers.map((server) => {
    assert.ok(server instanceof RingServer);
    return server;
  });

  override server(ordinal: Ordinal): RingServer {
    const server = this.own[ordinal];
    assert.ok(server);
    return server;
  }

  /** Members that one reaches, itself among them. */
  near(ordinal: Ordinal): RingServer[] {
    return [...this.ring]
      .map((member) => this.server(member))
      .filter((other) => other.isMember && this.network.reaches(ordinal, other.ordinal));
  }

  override consensus(): void {
    for (const one of this.waiting) if (--one.steps <= 0) one.done();
    this.waiting = this.waiting.filter(({ steps }) => steps > 0);
    const joining = this.own.filter((server) => server.joins());
    if (joining.length > 1) this.together++;
    for (const server of joining) server.stream();
    if (this.sparse) return;
    // What one missed it gets from the others.
    for (const member of this.ring) {
      const near = this.near(member);
      if (this.server(member).isMember) this.server(member).take(near);
    }
  }

  /** When as many steps are over as a repair takes. */
  async later(): Promise<void> {
    await new Promise<void>((done) => this.waiting.push({ steps: REPAIR_STEPS, done }));
  }

  shuffled(servers: readonly RingServer[]): RingServer[] {
    return servers
      .map((server) => ({ server, key: this.random() }))
      .sort((one, other) => one.key - other.key)
      .map(({ server }) => server);
  }

  override giveUp(): void {
    // Nobody is put out of a ring.
  }

  override write(ordinal: Ordinal, letter: string): object | undefined {
    const near = this.near(ordinal);
    const needed = majority(Math.min(this.servers.length, 3));
    if (!this.open || !near.includes(this.server(ordinal)) || near.length < needed) return undefined;
    const others = this.shuffled(near.filter(({ ordinal: other }) => other !== ordinal));
    const reached = this.sparse ? [this.server(ordinal), ...others.slice(0, needed - 1)] : near;
    for (const server of reached) server.data = (server.data ?? "") + letter;
    return this.ring;
  }
}

/** A server of a ring. Its port for clients is closed until it is a member. */
export class RingServer extends FakeServer {
  override readonly policy = cassandraPolicy;
  override readonly topology = CASSANDRA_TOPOLOGY;
  override readonly membership = undefined;
  override readonly copy = undefined;
  override readonly history = undefined;
  override readonly logs = undefined;
  override readonly lag = undefined;
  override readonly switchover = undefined;
  override readonly decommission: Capabilities["decommission"] = {
    refusal: async () => (this.shared.near(this.ordinal).length < this.shared.ring.size ? "away" : undefined),
    run: async () => {
      this.shared.fault();
      const near = this.shared.near(this.ordinal);
      if (near.length < this.shared.ring.size) this.shared.torn++;
      for (const other of near) other.take([this]);
      this.shared.ring.delete(this.ordinal);
      this.departed = true;
      this.shared.left.push(this.ordinal);
    },
  };
  override readonly repair: Capabilities["repair"] = {
    awayAfter: 2_000,
    run: async () => {
      this.shared.fault();
      if (this.shared.unrepairable) throw new Error("Repair job has failed");
      await this.shared.later();
      this.shared.repairs++;
      const near = this.shared.near(this.ordinal);
      for (const member of near) member.take(near);
    },
  };
  /** What its disk says: it has left the ring. */
  private departed = false;
  /** What its disk says: it has a part of the ring. */
  bootstrapped = false;
  private seeds: Ordinal[] = [];
  /** It is started as the one that begins the ring: its only seed is itself. */
  private begins = false;
  private steps = 0;

  constructor(
    ordinal: Ordinal,
    private readonly shared: RingOfServers,
  ) {
    super(ordinal, shared);
  }

  get isMember(): boolean {
    return this.running && this.bootstrapped && this.data !== undefined && !this.departed;
  }

  joins(): boolean {
    return this.running && !this.isMember && !this.departed;
  }

  stream(): void {
    if (this.begins) {
      this.begin();
      return;
    }
    const donors = this.shared.near(this.ordinal).filter(({ ordinal }) => this.seeds.includes(ordinal));
    if (donors.length === 0) {
      // It has heard of nobody, and ends.
      if (++this.steps > JOINING_STEPS * 3) this.crash();
      return;
    }
    this.take(this.shared.sparse ? this.shared.shuffled(donors).slice(0, 1) : donors);
    if (++this.steps < JOINING_STEPS) return;
    this.bootstrapped = true;
    this.shared.ring.add(this.ordinal);
  }

  take(from: readonly RingServer[]): void {
    const missing = from
      .flatMap(({ data = "" }) => Array.from(data))
      .filter((one) => !this.data?.includes(one));
    this.data = (this.data ?? "") + [...new Set(missing)].join("");
  }

  override crash(): void {
    super.crash();
    this.steps = 0;
    if (this.data === undefined) this.bootstrapped = false;
  }

  override async prepareStart({ begins = false }: StartContext = {}): Promise<void> {
    this.shared.fault();
    if (begins) this.bootstrapped = this.departed = false;
    this.begins = false;
    this.seeds = this.shared.near(this.ordinal).map(({ ordinal }) => ordinal);
  }

  override async probe(): Promise<ServerStatus> {
    if (this.departed && this.running)
      return { process: "running", member: "offline", role: "none", departed: true };
    if (!this.isMember) return { process: "starting", member: "offline", role: "none" };
    const online = this.shared.near(this.ordinal).map(({ ordinal }) => ordinal);
    const view = { number: 1, members: [...this.shared.ring], online };
    return { process: "running", member: "online", role: "member", view, admitted: this.shared.open };
  }

  override async bootstrap(plan?: BootstrapPlan): Promise<void> {
    this.shared.fault();
    if (plan?.fresh === true) {
      this.crash();
      this.data = "";
    }
    this.order = "init";
    this.running = true;
    this.begins = true;
    this.shared.fault();
    this.begin();
  }

  private begin(): void {
    if (this.shared.ring.size === 0 || this.shared.open) this.shared.begun++;
    this.bootstrapped = true;
    this.shared.ring.add(this.ordinal);
  }

  override async reconcile(): Promise<void> {
    await this.supervisor.hasBegun();
    this.shared.fault();
  }

  /** All that is on the disk is deleted while the server runs, which then ends: its pod stays. */
  wipe(): void {
    this.data = undefined;
    this.crash();
    this.forgetRecord();
  }

  override async admit(): Promise<void> {
    this.shared.fault();
    if (this.isMember) this.shared.open = true;
  }

  override async prepareStop(): Promise<void> {
    return Promise.resolve();
  }
}
