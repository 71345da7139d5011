/** Time, as a server sees it: the machine's, or a simulation's. */
export interface Timers {
  /** ms */
  now(): number;
  /** @returns what calls it off */
  after(delay: number, run: () => void): () => void;
}

/** The machine's. */
export const realTimers: Timers = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  after: (delay, run) => {
    const timer = setTimeout(run, delay);
    return () => {
      clearTimeout(timer);
    };
  },
};
