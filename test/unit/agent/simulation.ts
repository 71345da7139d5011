import * as assert from "node:assert/strict";
import { Actions } from "../../../agent/core/actions";
import { Agent } from "../../../agent/core/agent";
import { Member } from "../../../agent/core/member";
import { Peers } from "../../../agent/core/peers";
import { Notices } from "../../../agent/core/notices";
import { Publisher } from "../../../agent/core/publish";
import type { Ordinal } from "../../../agent/core/types";
import { FakeWorld } from "./fake";
import { timings } from "./fixtures";

/** Time between two rounds of an agent, ms. */
const STEP = 500;

/** Real agents around fake servers, in steps of a fake clock. */
export class Simulation {
  readonly world: FakeWorld;
  readonly agents: Agent[] = [];
  readonly acknowledged: string[] = [];
  /** How many members have a pod, reachable or not. */
  pods = Infinity;
  private time = 0;
  private letter = 0x4e00;

  constructor(
    readonly size: number,
    seed: number,
    private readonly stopPatience = 0,
  ) {
    this.world = new FakeWorld(size, seed);
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
      "/nonexistent",
    );
    const peer = (other: Ordinal): { ordinal: Ordinal; host: string } => ({
      ordinal: other,
      host: `m-${other}`,
    });
    const markers = world.api.markersFor(ordinal);
    const still = async (): Promise<boolean> => (await server.probe()).role === "primary";
    this.agents[ordinal] = new Agent({
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
          if (!report || !world.network.reaches(ordinal, other)) throw new Error("unreachable");
          return structuredClone(report);
        },
        async (other) => `10.0.0.${other.ordinal}`,
        clock,
      ),
      others: (replicas) => [...Array(replicas).keys()].filter((other) => other !== ordinal).map(peer),
      markers,
      publisher: new Publisher(world.api.directoryFor(ordinal), markers, still, clock),
      notices: new Notices(),
      hasPod: async (other) => {
        if (!world.network.api.has(ordinal)) throw new Error("unreachable");
        return other < this.pods;
      },
      stopPatience: this.stopPatience,
      replicas: async () => {
        if (!world.network.api.has(ordinal)) throw new Error("unreachable");
        return this.size;
      },
      timings,
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
    for (const agent of this.agents) await agent.tick();
    // Lets tasks in the background come to their end.
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.writeEverywhere();
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
    }
    assert.ok(acknowledging.size <= 1, "two clusters acknowledge writes");
  }

  converged(): boolean {
    const groups = new Set(this.world.servers.map((server) => server.group));
    return groups.size === 1 && this.agents.every((agent) => agent.isReady());
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
    assert.ok(this.world.api.created <= 1, "founded for the first time more than once");
  }

  /** The pod goes in good order and comes back. */
  async restartPod(ordinal: Ordinal): Promise<void> {
    const server = this.world.server(ordinal);
    await this.agents[ordinal]!.prepareStop().catch(() => undefined);
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
