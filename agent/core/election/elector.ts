import { within } from "../clock";
import { messageOf } from "../log";
import type { Ordinal } from "../types";
import { ballotOf, isNews } from "./answer";
import type { Ballot } from "./ballot";
import { decideElection, promises } from "./decide";
import { ELECTION } from "./durations";
import { Duties } from "./duties";
import { freezeUntilHas } from "./hand-over";
import { Hearsay } from "./hearsay";
import { KnownLease } from "./known-lease";
import { taken, type StoredLease } from "./lease";
import { leaseAfter } from "./lease-after";
import { noPast, Observed, type Past } from "./observed";
import type { ElectorParts } from "./parts";
import { Patience } from "./patience";
import type { ReplicationState } from "./replication";
import { SeenServer } from "./seen-server";
import type { Step } from "./step";
import { type ElectionWorld, electorate, suspects } from "./world";

/** How long a step with the server may take, ms: a promotion waits for what the server is doing. */
const STEP_WITHIN = 5_000;

/** Between two looks at the lease while all is well, ms. */
const LEASE_FRESH = 2_000;

/** Between two questions of a primary, ms. */
const ASK_EVERY = 500;

/** Between two questions of those that follow, who note how far the others are, ms. */
const LOOK_EVERY = 2_000;

/** Steps of one round: what follows from one that has succeeded is done at once. */
const STEPS = 6;

/** One member's part in the election: it observes, decides (`decide.ts`) and does the step. */
export class Elector {
  private readonly known: KnownLease;
  private readonly hearsay: Hearsay;
  private readonly seen: SeenServer;
  private readonly past: Past;
  private readonly observed: Observed;
  private inquiredAt = -Infinity;
  /** The lease may have changed since it was read. */
  private outdated = false;
  private readonly duties: Duties;
  private detaching = false;
  private handing = false;
  private readonly patience: Patience;
  private said = "";
  private failed = "";

  constructor(private readonly parts: ElectorParts) {
    this.past = noPast(parts.clock());
    this.seen = new SeenServer(parts);
    this.patience = new Patience(parts.clock);
    this.known = new KnownLease(parts.leases, parts.clock, (next) => {
      this.heed(next);
    });
    this.hearsay = new Hearsay(parts.ask, parts.clock, () => parts.hurry?.());
    this.duties = new Duties(parts.replication, parts.clock, parts.within ?? within);
    const { known, hearsay, seen, duties, past } = this;
    this.observed = new Observed({ parts, known, hearsay, seen, duties, past });
  }

  /** What it waits for, or is, for people. */
  get why(): string {
    return this.said;
  }

  /** The lease as far as is known. */
  get lease(): StoredLease | undefined {
    return this.known.value;
  }

  /** The server as last seen. */
  get state(): ReplicationState | undefined {
    return this.seen.state;
  }

  /** The term that its server is the primary of, or follows the primary of. */
  get term(): number | undefined {
    return this.server?.as === "primary" ? this.server.position?.term : this.past.told;
  }

  /** Whether it is a primary that a majority follows. */
  get reigns(): boolean {
    return this.server?.as === "primary" && decideElection(this.world()).kind !== "detach";
  }

  private get server(): ReplicationState | undefined {
    return this.seen.state;
  }

  /** One round. Never rejects. */
  async round(): Promise<void> {
    await this.look();
    await this.learn();
    for (let steps = 0; steps < STEPS && !this.handing; steps++) {
      const step = this.decide();
      if (step.kind === "none" || !(await this.take(step))) break;
      await this.look();
      await this.learn(true);
    }
    this.inquire();
    await this.attend();
  }

  /** What this member says to another. @param term - it asks as the primary of this term */
  answer(caller: Ordinal, term: number | undefined): Ballot {
    const { clock, facts } = this.parts;
    if (term !== undefined) this.past.asked = { at: clock(), by: caller, term };
    const world = this.world();
    if (isNews(world, caller, term)) {
      this.outdated = true;
      this.parts.hurry?.();
    }
    const { lately } = this.seen;
    const asPromised = { ...world, ...(lately ? { server: lately } : {}) };
    const promised = term !== undefined && !this.detaching && promises(asPromised, caller, term);
    if (promised) this.past.promisedAt = clock();
    const vote = promised ? undefined : this.observed.vote(world);
    if (vote) this.past.votedFor = vote.version;
    return ballotOf(
      world,
      { ...facts(), holds: this.observed.holds },
      { of: this.term, vote, promises: promised ? term : undefined },
    );
  }

  /**
   * Hands over to another member: it gets all that is here, and the lease. Without it nothing is lost, but others elect.
   * @throws Error when the other one does not get so far, or the API server cannot be asked.
   */
  async handOver(target: Ordinal): Promise<void> {
    const { replication, others, log, clock, sleep, self } = this.parts;
    const reached = others().find(({ ordinal }) => ordinal === target);
    if (this.server?.as !== "primary" || !reached) throw new Error(`member ${target} cannot take over`);
    await this.learn(true);
    const { lease } = this;
    const term = this.server.position?.term;
    if (lease?.holder !== self || lease.term !== term) throw new Error("this member is not the primary");
    this.handing = true;
    try {
      const look = async (): Promise<ReplicationState | undefined> => this.look();
      await freezeUntilHas(reached, { replication, clock, look, ...(sleep ? { sleep } : {}) });
      await this.detach();
      const position = this.state?.position;
      if (!position) throw new Error("the server does not answer");
      const by = { term: lease.term + 1, position, size: electorate(this.world()) };
      if (!(await this.known.write(taken(lease, target, by))))
        throw new Error("the lease was changed by somebody else");
      log("info", "handed over", { to: target, term: lease.term + 1 });
      this.hearsay.inquire(others(), undefined);
    } finally {
      this.handing = false;
    }
  }

  /** What it decides from. */
  world(): ElectionWorld {
    return this.observed.world();
  }

  private async look(): Promise<ReplicationState | undefined> {
    const { self, changed } = this.parts;
    const before = this.server?.as;
    // A server that was started again is the primary of nothing.
    if (await this.seen.look()) this.past.told = undefined;
    const { server } = this;
    if (server && server.as !== "primary") this.hearsay.forget();
    if (this.lease?.holder === self && server?.as === "primary") this.past.tookWith = undefined;
    if ((before === "primary") !== (server?.as === "primary")) changed?.();
    return server;
  }

  private async learn(now = false): Promise<void> {
    const { clock } = this.parts;
    if (!now && !this.outdated && this.isCalm() && clock() - this.known.askedAt < LEASE_FRESH) return;
    try {
      this.outdated = false;
      await this.known.read();
      this.fail("");
    } catch (error) {
      this.fail(`the lease cannot be read: ${messageOf(error)}`);
    }
  }

  /** Another version of the lease is about to be known. */
  private heed(next: StoredLease): void {
    const { lease, server, parts } = this;
    // Who was elected has as much time as if it had been promised.
    const other = next.holder !== lease?.holder || next.term !== lease?.term;
    if (next.holder !== undefined && other) this.past.promisedAt = parts.clock();
    // A server that is cut off may be so since a vote that an earlier life of this agent gave.
    const attached = server?.as === "primary" || server?.as === "following";
    if (lease === undefined && !attached) this.past.votedFor = next.version;
  }

  private isCalm(): boolean {
    const { server, lease } = this;
    if (!server || !lease) return false;
    if (server.as === "primary") return true;
    return server.as === "following" && server.link !== "down" && !suspects(this.world());
  }

  private decide(): Step {
    const { lease } = this;
    const step = decideElection(this.patience.measured(this.world()));
    if (step.kind === "release" && lease) this.past.resigned = Math.max(this.past.resigned, lease.term);
    if ("why" in step) this.said = step.why;
    return step;
  }

  /** Does a step. @returns whether it succeeded */
  private async take(step: Exclude<Step, { kind: "none" }>): Promise<boolean> {
    try {
      const done = await this.perform(step);
      if (done) this.parts.log("info", `election: ${step.kind}`, { ...step });
      return done;
    } catch (error) {
      this.fail(`${step.kind} failed: ${messageOf(error)}`);
      return false;
    }
  }

  private async perform(step: Exclude<Step, { kind: "none" }>): Promise<boolean> {
    const { replication, others } = this.parts;
    const { lease, known } = this;
    if (step.kind === "detach") {
      await this.detach(step.givenUp);
      return true;
    }
    if (!lease) return false;
    if (step.kind === "follow") {
      const primary = others().find(({ ordinal }) => ordinal === step.ordinal);
      if (!primary) return false;
      this.seen.attaching();
      this.past.told = undefined;
      await this.within(STEP_WITHIN, replication.follow(primary, step.term));
      this.past.told = step.term;
      return true;
    }
    if (step.kind === "promote") {
      this.seen.attaching();
      await this.within(STEP_WITHIN, replication.promote(step.term, step.size));
      // Since its election was written everyone waits for it, as if that had been promised.
      this.hearsay.trust(others(), known.writtenAfter);
      this.duties.begin(step.size);
      return true;
    }
    const run = this.server?.run ?? "";
    const next = leaseAfter(step, lease, this.world());
    if (!next || !(await known.write(next))) return false;
    if (step.kind === "take") this.past.tookWith = { term: next.term, run };
    return true;
  }

  private async detach(givenUp = false): Promise<void> {
    const { clock, replication } = this.parts;
    const { server, lease } = this;
    this.detaching = true;
    this.seen.detaching();
    try {
      await this.within(STEP_WITHIN, replication.detach());
    } finally {
      this.detaching = false;
    }
    this.past.told = undefined;
    if (server?.as === "primary") {
      const term = server.position?.term ?? -1;
      if (!this.handing && term === lease?.term) this.past.resigned = Math.max(this.past.resigned, term);
      if (givenUp) this.past.abstainUntil = clock() + ELECTION.abstain;
    }
    await this.look();
  }

  private async within<T>(limit: number, work: Promise<T>): Promise<T> {
    return await (this.parts.within ?? within)(limit, work);
  }

  private async attend(): Promise<void> {
    const { others, facts } = this.parts;
    if (this.handing) return;
    await this.duties.attend(this.server, this.lease, others(), facts().wanted).catch((error: unknown) => {
      this.fail(`the primary cannot be told: ${messageOf(error)}`);
    });
  }

  /** Asks everyone: as the primary always, else while there is none to be seen. */
  private inquire(): void {
    const { others, clock } = this.parts;
    const { lately } = this.seen;
    const term = lately?.as === "primary" && !this.handing ? lately.position?.term : undefined;
    const every = term !== undefined ? ASK_EVERY : this.isCalm() ? LOOK_EVERY : 0;
    if (clock() - this.inquiredAt < every) return;
    this.inquiredAt = clock();
    this.hearsay.inquire(others(), term);
  }

  private fail(what: string): void {
    if (what !== "" && what !== this.failed) this.parts.log("warning", what, {});
    this.failed = what;
  }
}
