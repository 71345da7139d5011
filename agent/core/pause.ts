/** Lets a loop wait until its next turn, which something that happens can bring forward. */
export class Pause {
  private due = false;
  private end: (() => void) | undefined;

  /** The next turn comes at once. */
  cut(): void {
    this.due = true;
    this.end?.();
  }

  /** Waits so many ms, or until it is cut; not at all if it was since the last time. */
  async wait(duration: number): Promise<void> {
    if (!this.due) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, duration);
        this.end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.end = undefined;
    this.due = false;
  }
}
