import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import type { Topology } from "../../../components/protocol/topology";
import type {
  BootstrapPlan,
  Capabilities,
  Engine,
  Membership,
  ServerStatus,
} from "../../../agent/core/engine";
import type { Policy } from "../../../agent/core/policy";
import { firstMarker } from "../../../agent/core/marker";
import { RecordFile } from "../../../agent/core/record";
import { Supervisor, type Order, type ProcessReport } from "../../../agent/core/supervisor";
import { type Marker, type MemberRecord, type Ordinal } from "../../../agent/core/types";
import { FakeApi, FakeNetwork, unreachable } from "./fake-api";
import { compareLetters, lettersPolicy, limits } from "./fixtures";

/** One bootstrap of a cluster, with the consensus of its members. */
interface Group {
  number: number;
  members: Ordinal[];
  primary: Ordinal;
}

/** A server with its disk, and what an engine may get wrong: see `faults`. */
export class FakeServer implements Engine {
  readonly policy: Policy = lettersPolicy();
  readonly limits = limits;
  readonly topology: Topology = MYSQL_TOPOLOGY;
  readonly restartedBy: Engine["restartedBy"] = "script";
  readonly membership: Membership | undefined = {
    join: async (_, seeds) => this.join(seeds.map(({ ordinal }) => ordinal)),
    leave: async () => this.leave(),
  };
  readonly copy: Capabilities["copy"] = { from: async ({ ordinal }) => this.copyFrom(ordinal) };
  readonly history: Capabilities["history"] = { compare: compareLetters };
  readonly logs: Capabilities["logs"] = { canCatchUp: () => true };
  readonly lag: Capabilities["lag"] = (own, primary) => ({
    amount: Array.from(primary).filter((letter) => !own.includes(letter)).length,
    unit: "transactions",
  });
  readonly switchover: Capabilities["switchover"] = { to: async (target) => this.promote(target) };
  readonly initialize: Engine["initialize"] = undefined;
  readonly decommission: Capabilities["decommission"] = undefined;
  readonly repair: Capabilities["repair"] = undefined;
  readonly supervisor: FakeSupervisor;
  record = new MemoryRecord(() => this.written());
  running = false;
  /** Letters, one for each transaction; `undefined`: no data directory. */
  data: string | undefined;
  group: Group | undefined;
  failed = false;
  admitted = false;
  stopping = false;
  full = false;
  order = "hold";
  /** The volume takes no more writes: what needs one waits until it does. */
  private thawed: Promise<void> | undefined;
  private thawIt = (): void => undefined;
  /** Received, and not on the volume yet. */
  backlog = "";

  constructor(
    readonly ordinal: Ordinal,
    protected readonly world: FakeWorld,
  ) {
    this.supervisor = new FakeSupervisor(this);
  }

  forgetRecord(): void {
    this.record = new MemoryRecord(() => this.written());
  }

  /** The process ends without any farewell. */
  crash(): void {
    this.running = false;
    this.backlog = "";
    this.group = undefined;
    this.failed = false;
    this.admitted = false;
  }

  get frozen(): boolean {
    return this.thawed !== undefined;
  }

  freeze(): void {
    this.thawed ??= new Promise((done) => {
      this.thawIt = done;
    });
  }

  thaw(): void {
    this.thawIt();
    this.thawed = undefined;
    if (this.backlog !== "") this.data = (this.data ?? "") + this.backlog;
    this.backlog = "";
  }

  /** Takes a transaction of its group. */
  receive(letter: string): void {
    if (this.frozen) this.backlog += letter;
    else this.data = (this.data ?? "") + letter;
  }

  /** Waits until the volume takes a write. */
  async written(): Promise<void> {
    await this.thawed;
  }

  /** What the script in the engine's container does. */
  supervise(): void {
    if (this.running || this.frozen || this.order === "hold") return;
    if (this.order !== "run") this.data ??= "";
    if (this.order === "once") this.order = "hold";
    if (this.data !== undefined) this.running = true;
  }

  /** The member reaches a quorum of the membership that it believes in. */
  hasQuorum(): boolean {
    const { group } = this;
    if (!group || this.failed) return false;
    const near = group.members.filter((member) => this.world.connected(this.ordinal, member, group));
    return near.length * 2 > group.members.length;
  }

  async probe(): Promise<ServerStatus> {
    if (!this.running) return { process: "starting", member: "offline", role: "none" };
    const { group, admitted } = this;
    const position = this.data ?? "";
    if (this.failed) return { process: "running", member: "failed", role: "none", position, admitted };
    if (!group) return { process: "running", member: "offline", role: "none", position, admitted };
    const online = group.members.filter((member) => this.world.connected(this.ordinal, member, group));
    const view = { number: group.number, members: [...group.members], online, primary: group.primary };
    const quorum = this.hasQuorum();
    const role = !quorum ? "none" : group.primary === this.ordinal ? "primary" : "replica";
    return { process: "running", member: quorum ? "online" : "blocked", role, view, position, admitted };
  }

  async bootstrap(plan?: BootstrapPlan): Promise<void> {
    this.world.fault();
    if (!this.running) throw unreachable;
    if (plan?.fresh === true) this.data = "";
    this.group = { number: 1, members: [this.ordinal], primary: this.ordinal };
    this.failed = false;
  }

  private seedAmong(ordinals: readonly Ordinal[]): FakeServer {
    this.world.fault();
    if (!this.running) throw unreachable;
    const seed = ordinals
      .map((ordinal) => this.world.server(ordinal))
      .find((server) => server.hasQuorum() && this.world.network.reaches(this.ordinal, server.ordinal));
    if (!seed?.group) throw unreachable;
    return seed;
  }

  private async copyFrom(donor: Ordinal): Promise<void> {
    const { data } = this.seedAmong([donor]);
    this.data = "";
    this.world.fault();
    this.data = data;
  }

  private async join(seeds: readonly Ordinal[]): Promise<void> {
    const { group, data = "" } = this.seedAmong(seeds);
    const relation = compareLetters(this.data ?? "", data);
    if (relation === "ahead" || relation === "diverged") throw new Error("more transactions than the group");
    this.data = data;
    group!.members.push(this.ordinal);
    group!.number++;
    this.group = group;
    this.failed = false;
  }

  async promote(target: Ordinal): Promise<void> {
    this.world.fault();
    if (this.group && this.hasQuorum()) this.group.primary = target;
  }

  async leave(): Promise<void> {
    const { group } = this;
    if (group && this.hasQuorum()) {
      group.members = group.members.filter((member) => member !== this.ordinal);
      group.number++;
      if (group.primary === this.ordinal) group.primary = Math.min(...group.members);
    }
    this.group = undefined;
    this.failed = false;
    this.admitted = false;
  }

  async prepareStop(): Promise<void> {
    await this.leave();
  }

  async abandon(end: () => Promise<void>): Promise<void> {
    this.world.fault();
    await this.leave();
    await end();
  }

  async admit(): Promise<void> {
    this.world.fault();
    if (this.running && !this.failed) this.admitted = true;
  }

  async reconcile(): Promise<void> {
    this.world.fault();
  }

  async prepareStart(): Promise<void> {
    this.world.fault();
  }

  isPosition(): boolean {
    return true;
  }

  async explain(): Promise<undefined> {
    return undefined;
  }
}

class FakeSupervisor extends Supervisor {
  constructor(private readonly server: FakeServer) {
    super("/nonexistent/control", "/nonexistent/volume");
  }

  override async order(order: Order): Promise<void> {
    this.server.order = order;
  }

  override async hasBegun(): Promise<void> {
    // Here, to be held and to have no order are one.
    if (this.server.running) this.server.order = "run";
  }

  override async report(): Promise<ProcessReport> {
    return { running: this.server.running, failures: 0 };
  }

  override async isStopping(): Promise<boolean> {
    return this.server.stopping;
  }

  override async setAnswered(): Promise<void> {
    return Promise.resolve();
  }

  override async setStopping(): Promise<void> {
    this.server.stopping = true;
  }

  override async halt(): Promise<void> {
    this.server.order = "hold";
    this.server.crash();
  }

  override async end(): Promise<void> {
    await this.halt();
  }

  override async touch(): Promise<void> {
    await this.server.written();
  }

  override async hasData(): Promise<boolean> {
    return this.server.data !== undefined;
  }

  override async isFull(): Promise<boolean> {
    return this.server.full;
  }

  override async discardDebris(): Promise<void> {
    // A directory in memory has none.
  }

  override async discard(): Promise<void> {
    this.server.data = undefined;
  }

  override async shortage(): Promise<{ needed: number; free: number }> {
    return { needed: 0, free: 0 };
  }

  override async log(): Promise<string> {
    return "";
  }

  override async setAside(): Promise<string> {
    this.server.data = undefined;
    return "aside";
  }
}

/** A record that survives whatever the server's disk survives. */
export class MemoryRecord extends RecordFile {
  private kept: MemberRecord | undefined;
  private text = "";

  constructor(private readonly written: () => Promise<void>) {
    super("/nonexistent");
  }

  override get value(): MemberRecord | undefined {
    return this.kept;
  }

  override async hasDeparture(): Promise<boolean> {
    return false;
  }

  override async update(change: Partial<MemberRecord>): Promise<void> {
    await this.written();
    const base = this.kept ?? { stage: "member", epoch: 0 };
    const text = JSON.stringify({ ...base, ...change });
    // Agents write down each time that they look what they know already.
    if (text === this.text) return;
    this.text = text;
    this.kept = JSON.parse(text) as MemberRecord;
  }
}

/** Servers, network and API together, with a generator of faults that repeats for the same seed. */
export class FakeWorld {
  readonly network = new FakeNetwork();
  readonly api = new FakeApi(this.network);
  readonly servers: FakeServer[];
  /** How likely a step of an engine fails, 0 to 1. */
  faults = 0;
  private state: number;

  constructor(
    size: number,
    seed: number,
    make: (ordinal: Ordinal, world: FakeWorld) => FakeServer = (ordinal, world) =>
      new FakeServer(ordinal, world),
  ) {
    this.state = seed * 2654435761 + 1;
    this.servers = [...Array(size).keys()].map((ordinal) => make(ordinal, this));
    this.heal();
  }

  /** The marker as it is now. @throws Error when there is none. */
  marker(): Marker {
    const { stored } = this.api;
    if (!stored) throw new Error("no marker");
    return stored.marker;
  }

  /** @throws Error when there is none: a slip in the test. */
  server(ordinal: Ordinal): FakeServer {
    const server = this.servers.at(ordinal);
    if (!server) throw new Error(`no server ${ordinal}`);
    return server;
  }

  heal(): void {
    const all = this.servers.map((server) => server.ordinal);
    this.network.parts = [all];
    this.network.api = new Set(all);
    this.network.mute.clear();
    for (const server of this.servers) server.thaw();
  }

  /** A number from 0 up to 1 (mulberry32). */
  random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  }

  fault(): void {
    if (this.random() < this.faults) throw new Error("it did not work");
  }

  /** Whether two members of a group see each other as such. */
  connected(a: Ordinal, b: Ordinal, group: Group): boolean {
    const other = this.server(b);
    const same = other.running && other.group === group && !other.failed;
    return a === b || (same && this.network.reaches(a, b));
  }

  /** The engine's own consensus: a quorum puts out whom it does not reach, and elects. */
  consensus(): void {
    for (const group of new Set(this.servers.flatMap((server) => server.group ?? []))) {
      const quorum = this.servers.find((server) => server.group === group && server.hasQuorum());
      if (!quorum) continue;
      const near = group.members.filter((member) => this.connected(quorum.ordinal, member, group));
      if (near.length === group.members.length) continue;
      for (const server of this.servers) {
        const out = server.group === group && !near.includes(server.ordinal);
        // Put out, it keeps believing in the membership that it knew, and can no longer reach it.
        if (out) server.group = { ...group, members: [...group.members] };
      }
      group.members = near;
      group.number++;
      if (!near.includes(group.primary)) group.primary = Math.min(...near);
    }
  }

  /** Time-outs of members without a quorum. */
  giveUp(): void {
    for (const server of this.servers) {
      if (server.group && !server.hasQuorum() && this.random() < 0.2) {
        server.failed = true;
        server.admitted = false;
        server.group = undefined;
      }
    }
  }

  /** A client's write to one member: acknowledged or not. */
  write(ordinal: Ordinal, letter: string): object | undefined {
    const server = this.server(ordinal);
    const { group } = server;
    if (!server.running || !server.admitted || !group || group.primary !== ordinal) return undefined;
    if (!server.hasQuorum() || server.frozen) return undefined;
    for (const member of group.members) {
      const other = this.server(member);
      if (this.connected(ordinal, member, group)) other.receive(letter);
    }
    return group;
  }
}

/** A marker that says a cluster exists. */
export const existing = (): Marker => ({ ...firstMarker("c", 0), phase: "running" });
