import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "./errors";

export interface WaitOptions {
  /** Completes "waiting for …" in the error. */
  what: string;
  timeoutSeconds: number;
  /** Time between two looks. */
  everyMs?: number;
}

/**
 * Looks again and again until `look` returns something, and returns that. A look that throws counts as "not yet":
 * its error is told if time runs out, for it is most often the reason.
 */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  { what, timeoutSeconds, everyMs = 200 }: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let reason = "";
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      reason = "";
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() >= deadline) {
      throw new UserError(
        `gave up after ${timeoutSeconds} s waiting for ${what}${reason ? `:\n${reason}` : ""}`,
      );
    }
    await sleep(everyMs);
  }
}
