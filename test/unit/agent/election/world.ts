import * as assert from "node:assert/strict";
import { Late } from "../../../../agent/core/clock";
import type { Ballot } from "../../../../agent/core/election/ballot";
import { readBallot } from "../../../../agent/core/election/ballot";
import { Elector } from "../../../../agent/core/election/elector";
import type { Lease, LeaseStore, StoredLease } from "../../../../agent/core/election/lease";
import type { Replication } from "../../../../agent/core/election/replication";
import type { Ordinal } from "../../../../agent/core/types";
import { FakeReplica } from "./fake-replica";
import { ALL, type Rules } from "./rules";
import { randomOf, VirtualTime } from "./time";

const unreachable = new Error("unreachable");

/** Time between two rounds of an elector, ms. */
const ROUND = 250;

interface Process {
  elector: Elector;
  alive: boolean;
  /** Counts its rounds: one that was brought forward does not come a second time. */
  turn: number;
  running: boolean;
  /** The next round comes at once. */
  due: boolean;
}

/** Real electors around fake servers, on a network, an API server and clocks that fail. */
export class World {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly replicas: FakeReplica[];
  readonly processes: Process[] = [];
  readonly acknowledged: { id: number; term: number }[] = [];
  /** Highest term whose primary acknowledged a write that a majority has. */
  private highest = 0;
  private promotedTerm = 0;
  /** The same of writes that one member has. */
  private highestPlain = 0;
  /** How often a primary acknowledged a write that it alone need have after a later one had done so. */
  overlaps = 0;
  /** Since when each member is not heard from by another: `from>to`. */
  readonly agentsCut = new Set<string>();
  readonly serversCut = new Set<string>();
  readonly apiCut = new Set<Ordinal>();
  /** Members whose requests the API server sees late, some of them when their agent has long given them up. */
  readonly apiSlow = new Set<Ordinal>();
  /** How long the next write of a member to the lease takes on its way, ms. */
  readonly nextWrite = new Map<Ordinal, number>();
  /** How likely a message is lost, 0 to 1. */
  loss = 0;
  /** How often in a row a server says too late what it is, before it does so in time once. */
  late = 0;
  private readonly looks = new Map<Ordinal, number>();
  private readonly pausedUntil = new Map<Ordinal, number>();
  private readonly clocks: { rate: number; offset: number }[];
  private readonly serverShift: number[];
  private ids = 1;
  lease: StoredLease = { term: 0, version: "1" };
  private versions = 1;
  founded = false;
  unsureAfter: number | undefined;
  /** Data is in memory alone: what was acknowledged may be lost, and nothing else. */
  volatile = false;
  wanted: number;
  lost = "";

  constructor(
    readonly size: number,
    seed: number,
    readonly rules: Rules = ALL,
    /** Clocks differ by at most so much, each way. */
    drift = 0.08,
  ) {
    this.random = randomOf(seed);
    this.wanted = size;
    this.clocks = [...Array(size).keys()].map(() => ({
      rate: 1 + (this.random() * 2 - 1) * drift,
      offset: this.random() * 1e6,
    }));
    this.serverShift = [...Array(size).keys()].map(() => 0);
    this.replicas = [...Array(size).keys()].map((ordinal) => new FakeReplica(ordinal, this));
    this.replicas[0]!.holds = true;
    for (const { ordinal } of this.replicas) this.startAgent(ordinal);
    this.writers();
  }

  nextId(): number {
    return this.ids++;
  }

  addressOf(ordinal: Ordinal): string {
    return `10.0.0.${ordinal}`;
  }

  clock(ordinal: Ordinal): number {
    const { rate, offset } = this.clocks[ordinal]!;
    return this.time.now * rate + offset;
  }

  /** A server goes by the time of day, which may be set. */
  serverClock(ordinal: Ordinal): number {
    return this.clock(ordinal) + this.serverShift[ordinal]!;
  }

  setClock(ordinal: Ordinal, by: number): void {
    this.serverShift[ordinal] = this.serverShift[ordinal]! + by;
  }

  linked(from: Ordinal, to: Ordinal): boolean {
    return !this.serversCut.has(`${from}>${to}`);
  }

  pause(ordinal: Ordinal, duration: number): void {
    this.pausedUntil.set(ordinal, this.time.now + duration);
  }

  /** Something reaches an agent: at once, or when it goes on; and nothing that has ended. */
  private deliver(to: Ordinal, process: Process, delay: number, run: () => void): void {
    this.time.after(delay, () => {
      if (!process.alive) return;
      const wait = (this.pausedUntil.get(to) ?? 0) - this.time.now;
      if (wait > 0) this.deliver(to, process, wait, run);
      else run();
    });
  }

  private hop(): number {
    return 1 + this.random() * (this.random() < 0.02 ? 900 : 12);
  }

  startAgent(ordinal: Ordinal): void {
    const before = this.processes[ordinal];
    if (before) before.alive = false;
    const process = { alive: true, turn: 0, running: false, due: false } as Process;
    const replica = this.replicas[ordinal]!;
    process.elector = new Elector({
      self: ordinal,
      replication: this.driver(replica, process),
      leases: this.leasesOf(ordinal, process),
      ask: async (other, term) => this.ask(ordinal, process, other.ordinal, term),
      others: () =>
        this.replicas
          .filter((one) => one.ordinal !== ordinal)
          .map((one) => ({
            ordinal: one.ordinal,
            host: `m-${one.ordinal}`,
            address: this.addressOf(one.ordinal),
          })),
      facts: () => ({
        wanted: this.wanted,
        member: replica.holds || this.lease.term > 0,
        holds: replica.holds,
        fit: true,
        founder: ordinal === 0 && !this.founded,
        alone: !this.rules.votes,
        ended: !replica.alive,
      }),
      clock: () => this.clock(ordinal),
      log: () => undefined,
      hurry: () => {
        if (process.running) process.due = true;
        else this.nextRound(ordinal, process, 1);
      },
      // What is not answered is given up by the caller.
      within: async (_, work) => work,
      sleep: async (delay) => this.time.sleep(delay),
    });
    this.processes[ordinal] = process;
    this.nextRound(ordinal, process);
  }

  private nextRound(ordinal: Ordinal, process: Process, delay = ROUND * (0.7 + this.random() * 0.6)): void {
    const turn = ++process.turn;
    this.deliver(ordinal, process, delay, () => {
      if (turn !== process.turn) return;
      process.running = true;
      void process.elector.round().then(() => {
        const { due } = process;
        process.running = process.due = false;
        this.nextRound(ordinal, process, due ? 1 : undefined);
      });
    });
  }

  /** A call whose answer comes back to an agent: what was lost on the way is known by its lateness. */
  private async call<T>(
    ordinal: Ordinal,
    process: Process,
    there: number,
    back: number,
    serve: () => T,
  ): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      let open = true;
      const settle = (how: () => void): void => {
        if (open) how();
        open = false;
      };
      this.deliver(ordinal, process, 1_000, () => {
        settle(() => {
          reject(unreachable);
        });
      });
      if (there === Infinity) return;
      this.time.after(there, () => {
        let answer: T;
        try {
          answer = serve();
        } catch {
          this.deliver(ordinal, process, 1, () => {
            settle(() => {
              reject(unreachable);
            });
          });
          return;
        }
        if (back === Infinity) return;
        this.deliver(ordinal, process, back, () => {
          settle(() => {
            resolve(answer);
          });
        });
      });
    });
  }

  private driver(replica: FakeReplica, process: Process): Replication {
    const local = async <T>(serve: () => T, risky = true): Promise<T> => {
      const fails = risky && this.random() < this.loss;
      const after = this.random() < 0.5;
      return await this.call(replica.ordinal, process, 1 + this.random() * 4, 1, () => {
        if (!replica.alive || (fails && !after)) throw unreachable;
        const answer = serve();
        if (fails) throw unreachable;
        return answer;
      });
    };
    return {
      ...(this.unsureAfter === undefined ? {} : { unsureAfter: this.unsureAfter }),
      volatile: this.volatile,
      state: async () => {
        const looks = (this.looks.get(replica.ordinal) ?? 0) + 1;
        this.looks.set(replica.ordinal, looks);
        if (looks % (this.late + 1) === 0) return local(() => replica.state());
        await this.time.sleep(1_000);
        throw new Late("late");
      },
      detach: async () => {
        await local(() => {
          replica.detach();
        });
      },
      follow: async (primary, term) => {
        await local(() => {
          replica.follow(this.replicas[primary.ordinal]!, term);
        });
      },
      promote: async (term, size) => {
        await local(() => {
          if (replica.as !== "primary") replica.promote(term, size);
        });
      },
      mark: async (term) => {
        await local(() => {
          replica.mark(term);
        });
      },
      freeze: async (within) => {
        await local(() => (replica.frozenUntil = this.time.now + within));
      },
      resize: async (size) => {
        await local(() => (replica.minReplicas = this.rules.minReplicas ? Math.floor(size / 2) : 0));
      },
    };
  }

  private leasesOf(ordinal: Ordinal, process: Process): LeaseStore {
    const way = (): number => {
      if (this.apiCut.has(ordinal) || this.random() < this.loss) return Infinity;
      return this.apiSlow.has(ordinal) ? this.random() * 8_000 : this.hop();
    };
    return {
      read: async () => this.call(ordinal, process, way(), way(), () => ({ ...this.lease })),
      replace: async (next: Lease, version: string) => {
        const delay = this.nextWrite.get(ordinal) ?? way();
        this.nextWrite.delete(ordinal);
        return await this.call(ordinal, process, delay, way(), () => {
          if (this.rules.compare && version !== this.lease.version) return undefined;
          this.lease = { ...next, version: String(++this.versions) };
          if (next.term > 0) this.founded = true;
          return { ...this.lease };
        });
      },
    };
  }

  private async ask(from: Ordinal, process: Process, to: Ordinal, term: number | undefined): Promise<Ballot> {
    const way = (one: Ordinal, other: Ordinal): number =>
      this.agentsCut.has(`${one}>${other}`) || this.random() < this.loss ? Infinity : this.hop();
    const [there, back] = [way(from, to), way(to, from)];
    const other = this.processes[to]!;
    return await new Promise<Ballot>((resolve, reject) => {
      let open = true;
      this.deliver(from, process, 1_000, () => {
        if (open) reject(unreachable);
        open = false;
      });
      if (there === Infinity) return;
      this.deliver(to, other, there, () => {
        const answer = readBallot(JSON.parse(JSON.stringify(other.elector.answer(from, term))), "");
        if (back === Infinity) return;
        this.deliver(from, process, back, () => {
          if (open) resolve(answer);
          open = false;
        });
      });
    });
  }

  /** Every server is written to, all the time. */
  private writers(): void {
    const again = (): void => {
      for (const replica of this.replicas) {
        const { term } = replica;
        replica.write(0, () => {
          if (term < this.highestPlain) this.overlaps++;
          this.highestPlain = Math.max(this.highestPlain, term);
        });
        const id = this.ids;
        replica.write(Math.floor(this.wanted / 2), () => {
          this.confirm(id, term, replica.ordinal);
        });
      }
      this.time.after(200, again);
    };
    again();
  }

  /** A client was told that a majority has its write. */
  private confirm(id: number, term: number, by: Ordinal): void {
    if (term < this.highest)
      this.fail(`member ${by} acknowledges in term ${term}, after a primary of term ${this.highest} did`);
    this.highest = Math.max(this.highest, term);
    this.acknowledged.push({ id, term });
  }

  promoted(replica: FakeReplica, term: number): void {
    if (term <= this.promotedTerm) this.fail(`member ${replica.ordinal} is another primary of term ${term}`);
    this.promotedTerm = term;
    const held = new Set(replica.log.map(({ id }) => id));
    const missing = this.acknowledged.filter(({ id, term: of }) => of < term && !held.has(id));
    if (missing.length > 0 && !this.volatile)
      this.fail(
        `member ${replica.ordinal} became the primary of term ${term} without ${missing.length} acknowledged writes`,
      );
  }

  private fail(what: string): void {
    if (this.lost === "") this.lost = `at ${Math.round(this.time.now)} ms: ${what}`;
  }

  /** What was acknowledged with a majority is there. */
  verify(): void {
    this.check();
    const held = new Set(this.primary()?.log.map(({ id }) => id));
    const missing = this.acknowledged.filter(({ id }) => !held.has(id));
    assert.deepEqual(missing, [], "acknowledged writes are lost");
  }

  check(): void {
    assert.equal(this.lost, "");
  }

  primary(): FakeReplica | undefined {
    const { holder, term } = this.lease;
    const one = holder === undefined ? undefined : this.replicas[holder];
    return one?.alive === true && one.as === "primary" && one.term === term ? one : undefined;
  }

  /** One primary, whom all others follow. */
  converged(): boolean {
    const primary = this.primary();
    if (!primary) return false;
    const others = this.replicas.filter((one) => one !== primary && one.ordinal < this.wanted);
    return others.every(
      ({ alive, link, holds }) => alive && holds && link?.to === primary && link.state === "up",
    );
  }

  /** Time until all is well and another write is acknowledged, ms. @throws AssertionError when that takes longer than `limit` */
  async converge(limit: number): Promise<number> {
    const start = this.time.now;
    const before = this.acknowledged.length;
    while (this.time.now - start < limit) {
      await this.time.pass(250);
      this.check();
      if (this.converged() && this.acknowledged.length > before) return this.time.now - start;
    }
    const said = this.processes.map(({ elector }) => elector.why).join(" | ");
    assert.fail(`no primary that all follow after ${limit} ms: ${said}; ${JSON.stringify(this.lease)}`);
  }

  heal(): void {
    this.agentsCut.clear();
    this.serversCut.clear();
    this.apiCut.clear();
    this.apiSlow.clear();
    this.loss = 0;
    this.pausedUntil.clear();
  }

  cut(from: Ordinal, to: Ordinal, which: "agents" | "servers" | "both"): void {
    if (which !== "servers") this.agentsCut.add(`${from}>${to}`);
    if (which !== "agents") this.serversCut.add(`${from}>${to}`);
  }

  isolate(victim: Ordinal): void {
    for (const { ordinal } of this.replicas) {
      if (ordinal === victim) continue;
      this.cut(victim, ordinal, "both");
      this.cut(ordinal, victim, "both");
    }
  }
}
