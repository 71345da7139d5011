import type { Clock } from "../core/clock";

/** Between two attempts, ms. */
const TRY_EVERY = 1_000;

/**
 * Does what a server can do only when it has started, as soon as it has.
 *
 * @param failed - hears of each attempt's error
 * @throws that of the last attempt, when it was not done `within` ms
 */
export async function untilDone(
  work: () => Promise<void>,
  { clock, within, failed }: { clock: Clock; within: number; failed?: (error: unknown) => void },
): Promise<void> {
  const end = clock() + within;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      failed?.(error);
      if (clock() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY));
    }
  }
}
