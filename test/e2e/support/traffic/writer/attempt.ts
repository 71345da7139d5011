import type { Attempt } from "../attempts";
import type { Answer } from "./client";

/** All the time that an attempt has, from the first packet of its connection to the acknowledgement; ms. */
export const ATTEMPT_TIMEOUT = 1000;

/** Time since 1970 in ms, which no correction of the clock sets back. */
export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

/** Makes one attempt. Never throws: everything is an outcome. */
export async function attempt(
  { id, side, through }: Pick<Attempt, "id" | "side" | "through">,
  write: (signal: AbortSignal) => Promise<Answer>,
  timeoutMs = ATTEMPT_TIMEOUT,
): Promise<Attempt> {
  const start = now();
  const ended = (result: Pick<Attempt, "outcome" | "server" | "term" | "error">): Attempt => ({
    ...{ id, side, through, start },
    end: now(),
    ...result,
  });
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return ended(await Promise.race([write(abort.signal), timeUp]));
  } catch (error) {
    return ended({ outcome: "failed", error: error instanceof Error ? error.message : String(error) });
  } finally {
    clearTimeout(timer);
  }
}
