import type { Report } from "./types";

/**
 * How long a few bytes may take to be written and synced until the volume counts as hung, ms. A disk that works takes
 * milliseconds for that, and one whose queue is full, seconds. A primary's clients have waited for as long.
 */
export const HUNG_AFTER = 8_000;

/** A volume that has taken no write for as long may be about to count as hung, like one's own that began to hang first, ms. */
const DOUBTFUL_AFTER = 3_000;

/** Whether a member's volume is known to take writes. */
export function takesWrites({ status: { stalled = 0 } }: Report): boolean {
  return stalled < DOUBTFUL_AFTER;
}

/** Whether a member's volume takes no more writes. */
export function isHung({ status: { stalled = 0 } }: Report): boolean {
  return stalled >= HUNG_AFTER;
}

/**
 * Whether the others go on without a member whose server hangs, or there are none. Not while its volume is full or takes no
 * writes: a server that waits for that goes on by itself.
 */
export function isReplaced(own: Report, peers: readonly Report[], replicas: number | undefined): boolean {
  if (own.status.full === true || !takesWrites(own)) return false;
  const without = ({ status }: Report): boolean =>
    status.member === "online" && status.view?.online.includes(own.ordinal) === false;
  return replicas === 1 || peers.some(without);
}
