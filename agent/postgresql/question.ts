/** A question of which one is open at a time: who looks again while it is, waits for the same answer. */
export class Question<T> {
  private open: Promise<void> | undefined;
  private answer: { value: T } | undefined;

  /** @param ask - rejects when no answer came. */
  constructor(private readonly ask: () => Promise<T>) {}

  /** The answer, if it came since the last look or comes within `limit` ms. A next look then asks anew. */
  async within(limit: number): Promise<T | undefined> {
    this.open ??= this.ask()
      .then(
        (value) => {
          this.answer = { value };
        },
        () => undefined,
      )
      .finally(() => {
        this.open = undefined;
      });
    if (this.answer === undefined) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([this.open, late]);
      clearTimeout(timer);
    }
    const { answer } = this;
    this.answer = undefined;
    return answer?.value;
  }
}
