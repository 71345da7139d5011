import * as assert from "node:assert/strict";
import { Absences } from "../../../agent/core/absences";
import { Actions } from "../../../agent/core/actions";
import { Agent } from "../../../agent/core/agent";
import type { Archiving } from "../../../agent/core/archiving";
import { Losses } from "../../../agent/core/losses";
import { Member } from "../../../agent/core/member";
import { Peers } from "../../../agent/core/peers";
import { ScaleIn } from "../../../agent/core/scale-in";
import { Notices } from "../../../agent/core/notices";
import { Publisher } from "../../../agent/core/publish";
import type { Ordinal, Report } from "../../../agent/core/types";
import { Tally } from "../../../agent/core/tally";
import { VoidedChoice } from "../../../agent/core/voided";
import { type FakeServer, FakeWorld } from "./fake";
import { timings } from "./fixtures";

/** Time between two rounds of an agent, ms. */
const STEP = 500;

const copies = new WeakMap<object, unknown>();

/** What comes over the network is a copy; of an observation that does not change any more one is enough. */
function copyOf<T extends object>(value: T): T {
  const copy = copies.get(value) ?? structuredClone(value);
  copies.set(value, copy);
  return copy as T;
}

function sent(report: Report): Report {
  const { status, record } = report;
  return { ...report, status: copyOf(status), ...(record ? { record: copyOf(record) } : {}) };
}

/** What stores a member's log beside its agent. */
export type FakeArchiving = Archiving & { round(): Promise<void> };

/** Real agents around fake servers, in steps of a fake clock. */
export class Simulation {
  readonly world: FakeWorld;
  readonly agents: Agent[] = [];
  /** How many members have a pod, reachable or not. */
  pods = Infinity;
  /** How many the set is to have. */
  replicas: number;
  acknowledged: string[] = [];
  /** Members whose pod is gone, with its agent. */
  readonly gone = new Set<Ordinal>();
  /** How often the cluster was bootstrapped from the data that an operator chose. */
  chosen = 0;
  private readonly archiving: FakeArchiving[] = [];
  private time = 0;
  private bootstrap = "";
  private letter = 0x4e00;
  private losses = 0;

  constructor(
    readonly size: number,
    seed: number,
    private readonly stopPatience = 0,
    world = new FakeWorld(size, seed),
    private readonly archivingOf?: (ordinal: Ordinal, look: () => Report | undefined) => FakeArchiving,
  ) {
    this.world = world;
    this.replicas = size;
    for (let ordinal = 0; ordinal < size; ordinal++) this.startAgent(ordinal);
  }

  /** A new process of an agent: it remembers nothing but what is on the disk. */
  startAgent(ordinal: Ordinal): void {
    const { world } = this;
    const server = world.server(ordinal);
    const clock = (): number => this.time;
    const member = new Member(
      "ns/db",
      ordinal,
      `10.0.0.${ordinal}`,
      server,
      server.supervisor,
      server.record,
    );
    const peer = (other: Ordinal): { ordinal: Ordinal; host: string } => ({
      ordinal: other,
      host: `m-${other}`,
    });
    const markers = world.api.markersFor(ordinal);
    const still = async (): Promise<boolean> => (await server.probe()).role === "primary";
    const notices = new Notices();
    const voided = new VoidedChoice(notices, () => undefined, clock);
    const archiving = this.archivingOf?.(ordinal, () => this.agents[ordinal]?.report);
    if (archiving) this.archiving[ordinal] = archiving;
    this.agents[ordinal] = new Agent({
      ...(archiving ? { archiving } : {}),
      member,
      actions: new Actions(
        member,
        markers,
        peer,
        () => "c",
        async () => world.api.publishedEpoch(),
        () => undefined,
      ),
      peers: new Peers(
        "ns/db",
        async (address) => {
          const other = Number(/\d+$/.exec(address)?.[0]);
          const report = this.agents.at(other)?.report;
          const { network } = world;
          const away = this.gone.has(other) || network.mute.has(other) || !network.reaches(ordinal, other);
          if (!report || away) throw new Error("unreachable");
          return sent(report);
        },
        async (other) => `10.0.0.${other.ordinal}`,
        clock,
      ),
      others: (replicas) => [...Array(replicas).keys()].filter((other) => other !== ordinal).map(peer),
      markers,
      publisher: new Publisher({
        directory: world.api.directoryFor(ordinal),
        markers,
        stillPrimary: still,
        clock,
        topology: server.topology,
        volumeLimits: server.limits.volume,
        notices,
        voided: (choice) => {
          voided.say(choice);
        },
      }),
      absences: new Absences(async (other) => world.api.isAbsent(ordinal, other), clock),
      voided,
      notices,
      hasPod: async (other) => {
        if (!world.network.api.has(ordinal)) throw new Error("unreachable");
        return other < this.pods;
      },
      stopPatience: this.stopPatience,
      replicas: async () => {
        if (!world.network.api.has(ordinal)) throw new Error("unreachable");
        return this.replicas;
      },
      ...(server.decommission
        ? {
            scaleIn: new ScaleIn({
              self: ordinal,
              decommission: server.decommission,
              markers,
              show: async (members) => {
                if (!world.network.api.has(ordinal)) throw new Error("unreachable");
                world.api.members = members;
                return Promise.resolve();
              },
              notices,
              log: () => undefined,
              clock,
            }),
          }
        : {}),
      ...(server.repair
        ? {
            losses: new Losses({
              self: ordinal,
              repair: server.repair,
              notices,
              log: () => undefined,
              clock,
              identity: () => String(++this.losses),
            }),
          }
        : {}),
      timings,
      tally: new Tally(),
      log: () => undefined,
      clock,
    });
  }

  async step(): Promise<void> {
    const { world } = this;
    this.time += STEP;
    for (const server of world.servers) server.supervise();
    world.consensus();
    world.giveUp();
    for (const [ordinal, agent] of this.agents.entries()) if (!this.gone.has(ordinal)) await agent.tick();
    for (const archiving of this.archiving) void archiving.round();
    // Lets tasks in the background come to their end.
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.giveUpUnchosen();
    this.writeEverywhere();
  }

  /** What an operator gave up, who chose a member in an outage, is not lost by anybody else's doing. */
  private giveUpUnchosen(): void {
    const marker = this.world.api.stored?.marker;
    const bootstrap = marker?.alone === true ? `${marker.epoch} ${marker.holder}` : "";
    if (bootstrap === this.bootstrap) return;
    this.bootstrap = bootstrap;
    if (!marker || bootstrap === "") return;
    this.chosen++;
    const serving = this.world.servers.filter((server) => server.admitted && server.hasQuorum());
    const others = serving.filter(({ ordinal }) => ordinal !== marker.holder);
    assert.deepEqual(others, [], "a choice was followed beside a cluster that runs");
    const held = this.world.server(marker.holder).data ?? "";
    this.acknowledged = this.acknowledged.filter((letter) => held.includes(letter));
  }

  /** Every member is written to: at most one cluster may acknowledge. */
  private writeEverywhere(): void {
    const acknowledging = new Set<unknown>();
    for (let ordinal = 0; ordinal < this.size; ordinal++) {
      const letter = String.fromCharCode(this.letter++);
      const group = this.world.write(ordinal, letter);
      if (!group) continue;
      acknowledging.add(group);
      this.acknowledged.push(letter);
      const alone = this.size === 1 || this.world.api.stored?.marker.alone === true;
      // Received, or on the disk: what a majority has received is acknowledged.
      const has = ({ data, backlog }: FakeServer): boolean => `${data ?? ""}${backlog}`.includes(letter);
      const holding = this.world.servers.filter(has);
      assert.ok(alone || holding.length > 1, `member ${ordinal} acknowledges a write on its disk alone`);
    }
    assert.ok(acknowledging.size <= 1, "two clusters acknowledge writes");
  }

  converged(): boolean {
    const groups = new Set(this.world.servers.map((server) => server.group));
    const one = groups.size === 1 && this.agents.every((agent) => agent.isReady());
    return one && this.world.api.stored?.marker.phase !== "founding";
  }

  async converge(limit = 1_000): Promise<void> {
    for (let step = 0; step < limit; step++) {
      await this.step();
      if (this.converged()) return;
    }
    assert.fail(`not one cluster again: ${this.agents.map((agent) => agent.summary).join(" | ")}`);
  }

  /** Nothing that was acknowledged is missing anywhere. */
  verify(): void {
    for (const server of this.world.servers) {
      const held = new Set(server.data);
      const lost = this.acknowledged.filter((letter) => !held.has(letter));
      assert.deepEqual(lost, [], `member ${server.ordinal} lost acknowledged writes`);
    }
    assert.ok(this.world.api.created <= 1, "bootstrapped for the first time more than once");
  }

  /** The pod goes in good order and comes back. */
  async restartPod(ordinal: Ordinal): Promise<void> {
    const server = this.world.server(ordinal);
    // What needs a volume that hangs takes until the pod is killed.
    if (!server.frozen) await this.agents[ordinal]!.prepareStop().catch(() => undefined);
    server.crash();
    server.stopping = false;
    server.order = "hold";
    this.startAgent(ordinal);
  }

  killPod(ordinal: Ordinal): void {
    const server = this.world.server(ordinal);
    server.crash();
    server.stopping = false;
    server.order = "hold";
    this.startAgent(ordinal);
  }

  /** The pod is gone, and Kubernetes knows. */
  losePod(ordinal: Ordinal): void {
    this.killPod(ordinal);
    this.gone.add(ordinal);
    this.world.api.absent.add(ordinal);
  }

  /** All pods are there again, the network and the API server too. */
  heal(): void {
    for (const ordinal of this.gone) this.startAgent(ordinal);
    this.gone.clear();
    this.world.api.absent.clear();
    this.world.heal();
  }

  /** Another database's disk is put in. */
  async exchangeDisk(ordinal: Ordinal): Promise<void> {
    this.loseDisk(ordinal);
    const server = this.world.server(ordinal);
    server.data = "zz";
    await server.record.update({ cluster: "other", stage: "member", epoch: 9 });
  }

  /** An operator names somebody to recover from: anybody, for any outage, also nobody. */
  chooseAnybody(): void {
    const { world, size } = this;
    const member = Math.floor(world.random() * (size + 1));
    const epoch = (world.api.stored?.marker.epoch ?? 1) - Math.floor(world.random() * 2);
    const which = world.random();
    world.api.annotate(which < 0.5 ? `${member}` : which < 0.9 ? `${member}@${epoch}` : "the newest");
  }

  loseDisk(ordinal: Ordinal): void {
    this.killPod(ordinal);
    const server = this.world.server(ordinal);
    server.data = undefined;
    server.forgetRecord();
    this.startAgent(ordinal);
  }

  async randomFault(): Promise<void> {
    const { world, size } = this;
    const victim = Math.floor(world.random() * size);
    const others = [...Array(size).keys()].filter((ordinal) => ordinal !== victim);
    const choice = world.random();
    if (choice < 0.2) world.server(victim).crash();
    else if (choice < 0.35) this.killPod(victim);
    else if (choice < 0.5) await this.restartPod(victim);
    else if (choice < 0.6) this.startAgent(victim);
    else if (choice < 0.7) world.network.parts = [[victim], others];
    else if (choice < 0.75) world.network.api.delete(victim);
    else if (choice < 0.8) world.network.api.clear();
    else if (choice < 0.85) for (const ordinal of [victim, ...others]) this.killPod(ordinal);
    else if (choice < 0.88 && this.converged()) this.loseDisk(victim);
    else if (choice < 0.9) world.server(victim).freeze();
    else world.heal();
  }
}
