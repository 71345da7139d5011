/** A clock that only ever goes forward, in ms; its zero means nothing. */
export type Clock = () => number;

/** The machine's own. */
export const monotonic: Clock = () => performance.now();

/** Of the machine, ms since 1970: for what goes by dates. It may be set at any moment, so nothing is measured by it. */
// eslint-disable-next-line no-restricted-properties -- the one place
export const timeOfDay = (): number => Date.now();

/** Measures for how long something has been so. */
export class Since {
  private start: number | undefined;
  private key: string | undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * @param holds - whether it is so now.
   * @param key - what it is; another one starts the measure again.
   * @returns for how long it has been so, in ms; 0 when it is not or has just begun.
   */
  measure(holds: boolean, key = ""): number {
    const now = this.clock();
    if (!holds) {
      this.start = undefined;
      return 0;
    }
    if (this.start === undefined || this.key !== key) this.start = now;
    this.key = key;
    return now - this.start;
  }
}

/** Something took longer than it was waited for. */
export class Late extends Error {}

/** Waits for `work`, but no longer than `limit` ms; what it goes on to do is no longer waited for. */
export async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // A process that was not let run first takes what has come meanwhile.
      setImmediate(() => {
        reject(new Late(`took longer than ${limit} ms`));
      });
    }, limit);
  });
  return await Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}
