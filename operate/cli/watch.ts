import { setTimeout as wait } from "node:timers/promises";

/** Where what is watched is shown. */
export interface Screen {
  /** Whether a look may be drawn over the one before. */
  isTerminal: boolean;
  write: (text: string) => void;
}

const HOME_AND_CLEAR = "\x1b[H\x1b[2J\x1b[3J";

/**
 * Looks again and again until it is stopped. A look that fails is shown as what it says, and followed by the next one:
 * whoever watches an outage wants to see it end. On a terminal each look is drawn over the one before; elsewhere, as in
 * a log, only what differs from it is written.
 *
 * @param look - what is shown, and whether all is well
 * @returns whether all was well at the last look
 */
export async function watch(
  look: () => Promise<{ text: string; healthy: boolean }>,
  { screen, everyMs, stopped }: { screen: Screen; everyMs: number; stopped: AbortSignal },
): Promise<boolean> {
  let last: string | undefined;
  let healthy = false;
  while (!stopped.aborted) {
    const seen = await look().catch((error: unknown) => ({
      text: error instanceof Error ? error.message : String(error),
      healthy: false,
    }));
    healthy = seen.healthy;
    if (screen.isTerminal) screen.write(`${HOME_AND_CLEAR}${seen.text}\n`);
    else if (seen.text !== last) screen.write(`${seen.text}\n`);
    last = seen.text;
    await wait(everyMs, undefined, { signal: stopped }).catch(() => undefined);
  }
  return healthy;
}
