import type { HangLimits } from "./limits";
import type { Report } from "./types";

/** Whether a member's volume is known to take writes. */
export function takesWrites({ status: { stalled = 0 } }: Report, limits: HangLimits): boolean {
  return stalled < limits.doubtful;
}

/** Whether a member's volume takes no more writes. */
export function isHung({ status: { stalled = 0 } }: Report, limits: HangLimits): boolean {
  return stalled >= limits.hung;
}

/**
 * Whether the others go on without a member whose server hangs, or there are none. Not while its volume is full or takes no
 * writes: a server that waits for that goes on by itself.
 */
export function isReplaced(
  own: Report,
  peers: readonly Report[],
  replicas: number | undefined,
  limits: HangLimits,
): boolean {
  if (own.status.full === true || !takesWrites(own, limits)) return false;
  const without = ({ status }: Report): boolean =>
    status.member === "online" && status.view?.online.includes(own.ordinal) === false;
  return replicas === 1 || peers.some(without);
}
