import { randomOf, VirtualTime } from "../../election/time";
import { FakeApi } from "./fake-api";
import { Member } from "./member";
import { ALL, type Rules } from "./rules";
import type { Entry, Pod, Surroundings } from "./types";

/** Three members under Patroni, as far as its election goes, with the agents' real detachment, clients and a network that fails. */
export class World implements Surroundings {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly api: FakeApi;
  readonly members: Member[];
  /** Links that carry nothing: `from>to`. */
  readonly cuts = new Set<string>();
  /** Members that do not reach the API server. */
  readonly apiCut = new Set<number>();
  term = 0;
  /** When each row was acknowledged, and by the primary of which term. */
  readonly acknowledged = new Map<number, { term: number; at: number }>();
  readonly violations: string[] = [];
  voids = 0;
  /** Clients write. */
  writes = true;
  private ids = 0;

  constructor(
    seed: number,
    readonly rules: Rules = ALL,
  ) {
    this.random = randomOf(seed);
    this.api = new FakeApi(this);
    this.members = [0, 1, 2].map((ordinal) => new Member(this, ordinal));
    for (const member of this.members) member.begin();
    this.every(200, () => {
      for (const member of this.members) this.write(member);
    });
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  every(interval: number, run: () => void): void {
    this.time.after(interval, () => {
      run();
      this.every(interval, run);
    });
  }

  /** Whether what one sends comes to the other, and the answer back. */
  reaches(from: Pod, to: Pod): boolean {
    const carries = (one: Pod, other: Pod): boolean => !this.cuts.has(`${one.ordinal}>${other.ordinal}`);
    return from.powered && to.powered && carries(from, to) && carries(to, from);
  }

  at(address: string | undefined): Member | undefined {
    return this.members.find((member) => member.powered && member.address === address);
  }

  /** A client writes to whoever takes writes: the worst of them is cut off from nobody. */
  private write(member: Member): void {
    if (!this.writes || !member.takesWrites) return;
    const entry = { id: ++this.ids, term: member.term };
    member.log.push(entry);
  }

  /** What the primary counts as acknowledged is looked at with what all others know. */
  acknowledge(entry: Entry, by: Pod): void {
    if (this.acknowledged.has(entry.id)) return;
    this.acknowledged.set(entry.id, { term: by.term, at: this.time.now });
    const newest = this.members.find(({ term, role }) => role === "primary" && term === this.term);
    if (by.term < this.term && newest && !newest.log.some(({ id }) => id === entry.id))
      this.violations.push(
        `${entry.id} was acknowledged in term ${by.term}, and is not in term ${this.term}`,
      );
  }

  /** A new primary is to have all that was acknowledged. */
  promoted(member: Pod): void {
    const has = new Set(member.log.map(({ id }) => id));
    for (const [id, { term }] of this.acknowledged) {
      if (!has.has(id)) {
        this.violations.push(`${id} of term ${term} is lost in term ${member.term}`);
        return;
      }
    }
  }

  heal(): void {
    this.cuts.clear();
    this.apiCut.clear();
    this.api.down = false;
    this.api.slow = 0;
    for (const member of this.members) if (!member.powered) member.powerOn();
  }

  isolate(ordinal: number): void {
    this.apiCut.add(ordinal);
    for (const other of [0, 1, 2]) {
      this.cuts.add(`${ordinal}>${other}`);
      this.cuts.add(`${other}>${ordinal}`);
    }
    this.cuts.delete(`${ordinal}>${ordinal}`);
  }

  disconnect(one: number, other: number): void {
    this.cuts.add(`${one}>${other}`);
    this.cuts.add(`${other}>${one}`);
  }

  reconnect(one: number, other: number): void {
    this.cuts.delete(`${one}>${other}`);
    this.cuts.delete(`${other}>${one}`);
  }

  get lastAcknowledged(): number {
    return Math.max(-Infinity, ...[...this.acknowledged.values()].map(({ at }) => at));
  }

  /** Until a row is acknowledged that was written from now on. @returns after which time, ms */
  async untilWritten(bound: number): Promise<number> {
    const begun = this.time.now;
    while (this.lastAcknowledged <= begun && this.time.now - begun < bound) await this.time.pass(50);
    if (this.lastAcknowledged <= begun) throw new Error(`nothing is acknowledged within ${bound} ms`);
    return this.time.now - begun;
  }
}
