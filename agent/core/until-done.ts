import type { Clock } from "./clock";

/** How something is tried. */
export interface Tries {
  clock: Clock;
  /** For how long, ms. */
  within: number;
  /** Hears of each attempt's error. */
  failed?: (error: unknown) => void;
  /** Lets time pass between two attempts. @default a second */
  pause?: () => Promise<unknown>;
}

/**
 * Does what cannot be done yet, such as what takes a server that has started, as soon as it can be.
 *
 * @throws that of the last attempt, when it was not done `within` ms
 */
export async function untilDone(
  work: () => Promise<void>,
  { clock, within, failed, pause = async () => new Promise((resolve) => setTimeout(resolve, 1_000)) }: Tries,
): Promise<void> {
  const end = clock() + within;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      failed?.(error);
      if (clock() > end) throw error;
      await pause();
    }
  }
}
