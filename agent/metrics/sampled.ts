import type { Clock } from "../core/clock";

/** After so many times of its pause a value that was not read again says nothing of the present. */
const FORGOTTEN_AFTER = 4;

/** A value that takes a look at a disk or a file: read now and then in the background, once at a time, and waited for by nobody. */
export class Sampled<T> {
  private found: { value: T; at: number } | undefined;
  private beganAt = -Infinity;
  private busy = false;

  /** @param pause - between the beginnings of two reads, ms. */
  constructor(
    private readonly read: () => Promise<T>,
    private readonly pause: number,
    private readonly clock: Clock,
  ) {}

  /** What was read last; `undefined` where that is too long ago, or failed. */
  get value(): T | undefined {
    const { found } = this;
    return found && this.clock() - found.at < this.pause * FORGOTTEN_AFTER ? found.value : undefined;
  }

  /** Starts a read, if it is time. */
  refresh(): void {
    const now = this.clock();
    if (this.busy || now - this.beganAt < this.pause) return;
    this.busy = true;
    this.beganAt = now;
    this.read()
      .then((value) => {
        this.found = { value, at: this.clock() };
      })
      .catch(() => {
        this.found = undefined;
      })
      .finally(() => {
        this.busy = false;
      });
  }
}
