import type { Disk, Kept } from "./state";
import { type Doc, Store } from "./store";

/** A disk in memory: it survives the process that writes on it. */
export class MemoryDisk implements Disk {
  readonly store = new Store();
  kept: Kept = blank();
  readonly asides: Doc[][] = [];

  keep(): void {
    // What is kept is in memory already.
  }

  journal(): void {
    this.store.journal();
  }

  putAside(undone: Doc[]): string {
    this.asides.push(undone);
    return `rollback/${this.asides.length}.bson`;
  }

  /** Everything on it is gone. */
  lose(): void {
    this.store.clear();
    this.kept = blank();
  }

  get isEmpty(): boolean {
    return this.kept.config === undefined && this.store.last.t < 0;
  }
}

function blank(): Kept {
  return { vote: { term: 0, for: "" }, copying: false, rollbacks: [], rollbackId: 1 };
}
