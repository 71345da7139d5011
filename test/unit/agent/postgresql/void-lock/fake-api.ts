import type { Electorate, HeldLock } from "../../../../../agent/postgresql/lock-state";
import type { Api, Pod, Surroundings, Sync } from "./types";

/** Patroni's state in the API server: a request comes in after a while, and so does its answer. */
export class FakeApi implements Api {
  down = false;
  /** Longest further way of a request, ms. */
  slow = 0;
  private versions = 1;
  lock: HeldLock = { version: "1" };
  sync: Sync = { version: "1", leader: undefined, voters: [], quorum: 0 };

  constructor(private readonly world: Surroundings) {}

  /** Rejects when nothing comes back; what was asked may have been done all the same. */
  async ask<T>(by: Pod, act: () => T): Promise<T> {
    const { world } = this;
    const way = async (): Promise<void> =>
      world.time.sleep(world.between(5, 60) + world.random() * this.slow);
    const life = by.life;
    await way();
    if (!this.isReached(by)) {
      await world.time.sleep(1_000);
      throw new Error("the API server cannot be reached");
    }
    const answer = act();
    await way();
    await by.runs();
    if (by.life !== life) throw new Error("it has ended meanwhile");
    if (!this.isReached(by)) throw new Error("no answer");
    return answer;
  }

  isReached(by: Pod): boolean {
    return by.powered && !this.down && !this.world.apiCut.has(by.ordinal);
  }

  compare(version: string, present: { version: string }): void {
    if (this.world.rules.compare && version !== present.version) throw new Error("409");
  }

  writeLock(change: Partial<HeldLock>): void {
    const before = this.lock.leader;
    this.lock = { ...this.lock, ...change, version: String(++this.versions) };
    if (before !== this.lock.leader) this.tell();
  }

  freeLock(): void {
    this.lock = { version: String(++this.versions) };
    this.tell();
  }

  private tell(): void {
    for (const member of this.world.members) member.hurry();
  }

  writeSync(change: Partial<Omit<Sync, "version">>): Sync {
    this.sync = { ...this.sync, ...change, version: String(++this.versions) };
    return this.sync;
  }

  electorate(): Electorate {
    const { version, leader, voters } = this.sync;
    return { version, leader, voters: [...voters] };
  }
}
