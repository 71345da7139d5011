import { messageOf } from "./log";

/** One task at a time that nobody waits for. */
export class Background {
  private running = false;
  /** Why the last task failed; absent after one that succeeded. */
  failure: string | undefined;

  /** @param failed - told of each failure that is not that of the task before. */
  constructor(private readonly failed?: (failure: string) => void) {}

  get busy(): boolean {
    return this.running;
  }

  /** Starts `task` unless one is running. Never rejects. */
  run(task: () => Promise<void>, done?: () => void): void {
    if (this.running) return;
    this.running = true;
    const before = this.failure;
    task()
      .then(() => {
        this.failure = undefined;
      })
      .catch((error: unknown) => {
        this.failure = messageOf(error);
      })
      .finally(() => {
        this.running = false;
        done?.();
        if (this.failure !== undefined && this.failure !== before) this.failed?.(this.failure);
      });
  }
}
