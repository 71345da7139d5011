import type { Clock } from "../clock";
import type { Lease, LeaseStore, StoredLease } from "./lease";

/** The lease as this process last read or wrote it. */
export class KnownLease {
  value: StoredLease | undefined;
  /** When that was asked for. */
  askedAt = -Infinity;
  /** What is known was written after this. */
  writtenAfter = -Infinity;

  /**
   * @param changed - told of another version, before it is taken over.
   */
  constructor(
    private readonly store: LeaseStore,
    private readonly clock: Clock,
    private readonly changed: (next: StoredLease) => void,
  ) {}

  async read(): Promise<void> {
    const asked = this.clock();
    this.note(await this.store.read(), asked);
  }

  /** @returns whether it was written: not where somebody else has since what is known. */
  async write(next: Lease): Promise<boolean> {
    const { value } = this;
    if (!value) return false;
    const asked = this.clock();
    const written = await this.store.replace(next, value.version);
    if (!written) return false;
    this.askedAt = asked;
    this.note(written, asked);
    return true;
  }

  private note(next: StoredLease, asked: number): void {
    if (next.version !== this.value?.version) {
      this.writtenAfter = this.askedAt;
      this.changed(next);
    }
    this.value = next;
    this.askedAt = asked;
  }
}
