import type { Action } from "./world";

/** What is counted. */
export type Happening = `action ${Action["kind"]}` | "switchover" | "switchover failed" | "server killed";

/** How often things have happened since the agent began, for who measures; nothing is decided by it. */
export class Tally {
  private readonly counts = new Map<Happening, number>();

  add(what: Happening): void {
    this.counts.set(what, this.of(what) + 1);
  }

  of(what: Happening): number {
    return this.counts.get(what) ?? 0;
  }

  /** All that has happened. */
  entries(): [what: Happening, count: number][] {
    return [...this.counts];
  }
}
