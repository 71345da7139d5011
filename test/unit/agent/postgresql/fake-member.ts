import { postgresqlTopology } from "../../../../components/postgresql/topology";
import type { BootstrapPlan, ServerStatus } from "../../../../agent/core/engine";
import type { Ordinal } from "../../../../agent/core/types";
import { majority } from "../../../../agent/core/views";
import { patroniPolicy } from "../../../../agent/postgresql/policy";
import { FakeServer, FakeWorld } from "../fake";
import { unreachable } from "../fake-api";
import { compareLetters } from "../fixtures";

/** For how many steps a lock lives that nobody renews, and for how long its holder goes on without renewing it. */
const LOCK_LIVES = 40;
const HOLDER_GIVES_UP = 20;

/** The lock of a primary. A new one with each term. */
interface Lock {
  holder: Ordinal;
  renewed: number;
}

/**
 * Servers that govern themselves, as Patroni with its lock in the Kubernetes API, coarsely: the lock, who may be elected, what a
 * commit waits for, and copies that are made anew.
 */
export class GovernedWorld extends FakeWorld {
  lock: Lock | undefined;
  /** Whoever alone may be elected; `undefined`: who has all that a majority may have acknowledged. */
  only: Ordinal | undefined;
  now = 0;

  constructor(size: number, seed: number) {
    super(size, seed, (ordinal, world) => new GovernedServer(ordinal, world as unknown as GovernedWorld));
  }

  governed(ordinal: Ordinal): GovernedServer {
    return this.server(ordinal) as unknown as GovernedServer;
  }

  private get all(): GovernedServer[] {
    return this.servers as unknown as GovernedServer[];
  }

  /** Whether somebody holds the lock who renews it. */
  get isLed(): boolean {
    return this.lock !== undefined && this.now - this.lock.renewed < LOCK_LIVES;
  }

  /** What all Patronis do in one round of theirs. */
  override consensus(): void {
    this.now++;
    for (const server of this.all) this.keepLock(server);
    if (!this.isLed) this.elect();
    for (const server of this.all) this.follow(server);
  }

  override giveUp(): void {
    // Members that have no primary wait for one.
  }

  private keepLock(server: GovernedServer): void {
    if (!server.term) return;
    const { lock } = this;
    const mine = server.running && lock === server.term;
    if (mine && this.network.api.has(server.ordinal)) lock.renewed = this.now;
    else if (!mine || this.now - lock.renewed > HOLDER_GIVES_UP) server.term = undefined;
  }

  private elect(): void {
    const able = this.all.filter(
      ({ ordinal, running, data }) => running && data !== undefined && this.network.api.has(ordinal),
    );
    for (const server of able) {
      const { ordinal } = server;
      if (this.only !== undefined && this.only !== ordinal) continue;
      const seen = able.filter((other) => this.network.reaches(ordinal, other.ordinal));
      const most = seen.every(({ data }) => ["equal", "ahead"].includes(compareLetters(server.data!, data!)));
      // Each majority that may have acknowledged a write has one of these.
      const enough =
        this.only === ordinal || seen.length > this.servers.length - majority(this.servers.length);
      if (!most || !enough) continue;
      this.lead(server);
      return;
    }
  }

  lead(server: GovernedServer): void {
    this.lock = { holder: server.ordinal, renewed: this.now };
    server.term = this.lock;
  }

  /** A replica takes over what its primary has, whatever it had. */
  private follow(server: GovernedServer): void {
    const primary = this.primaryOf(server);
    if (primary && !server.frozen) server.data = primary.data;
  }

  primaryOf(server: GovernedServer): GovernedServer | undefined {
    const primary = this.all.find((other) => other !== server && other.term !== undefined);
    const near = primary && this.network.reaches(server.ordinal, primary.ordinal);
    return server.running && server.term === undefined && near ? primary : undefined;
  }

  streamingFrom(primary: GovernedServer): GovernedServer[] {
    const receives = ({ data, frozen }: GovernedServer): boolean => data !== undefined && !frozen;
    return this.all.filter((server) => receives(server) && this.primaryOf(server) === primary);
  }

  override write(ordinal: Ordinal, letter: string): object | undefined {
    const server = this.governed(ordinal);
    const { term } = server;
    if (!server.running || term === undefined || server.frozen) return undefined;
    const near = this.streamingFrom(server);
    if (near.length > 0) {
      server.floor = true;
      this.only = undefined;
    }
    for (const other of [server, ...near]) other.data = (other.data ?? "") + letter;
    const enough = near.length + 1 >= majority(this.servers.length);
    return enough || (!server.floor && this.only === ordinal) ? term : undefined;
  }
}

/** One of them. */
export class GovernedServer extends FakeServer {
  override readonly policy = patroniPolicy;
  override readonly topology = postgresqlTopology({});
  override readonly restartedBy = "engine";
  override readonly membership = undefined;
  override readonly copy = undefined;
  override readonly history = undefined;
  /** The lock by which it is the primary. */
  term: Lock | undefined;
  /** Whether it acknowledges nothing alone. */
  floor = true;
  private mayBootstrap = false;

  constructor(
    ordinal: Ordinal,
    private readonly shared: GovernedWorld,
  ) {
    super(ordinal, shared);
  }

  override crash(): void {
    super.crash();
    this.term = undefined;
  }

  override supervise(): void {
    if (this.order !== "hold" && !this.frozen) this.running = true;
  }

  override async abandon(end: () => Promise<void>): Promise<void> {
    this.shared.fault();
    await end();
    if (!this.shared.network.api.has(this.ordinal)) throw unreachable;
    if (this.shared.lock?.holder === this.ordinal) this.shared.lock = undefined;
  }

  override async probe(): Promise<ServerStatus> {
    const { data: position, shared, mayBootstrap } = this;
    if (!this.running || position === undefined)
      return { process: "starting", member: "offline", role: "none" };
    const admitted = !mayBootstrap;
    const view = (role: "primary" | "none", others: GovernedServer[] = []) => {
      const members = [this.ordinal, ...others.map(({ ordinal }) => ordinal)].sort((a, b) => a - b);
      const primary = role === "primary" ? { primary: this.ordinal } : {};
      return { number: 1, members, online: members, ...primary };
    };
    const common = { process: "running" as const, position, admitted };
    if (this.term) {
      return {
        ...common,
        member: "online",
        role: "primary",
        view: view("primary", shared.streamingFrom(this)),
      };
    }
    if (shared.primaryOf(this)) return { ...common, member: "online", role: "replica", view: view("none") };
    return { ...common, member: shared.isLed ? "joining" : "blocked", role: "none", view: view("none") };
  }

  async checkBootstrap(): Promise<void> {
    const { shared } = this;
    if (!shared.network.api.has(this.ordinal)) throw unreachable;
    if (shared.isLed && shared.lock?.holder !== this.ordinal) throw new Error("another holds the lock");
    return Promise.resolve();
  }

  override async bootstrap(plan: BootstrapPlan): Promise<void> {
    this.shared.fault();
    await this.supervisor.halt();
    await this.checkBootstrap();
    if (plan.fresh) this.data = "";
    this.shared.only = this.ordinal;
    this.shared.fault();
    this.order = "init";
    this.running = true;
    this.mayBootstrap = true;
    this.floor = plan.alone !== true;
    this.shared.lead(this);
  }

  override async admit(): Promise<void> {
    this.shared.fault();
    this.mayBootstrap = false;
    return Promise.resolve();
  }

  override async leave(): Promise<void> {
    return Promise.resolve();
  }

  override hasQuorum(): boolean {
    return this.term !== undefined;
  }
}
