import type { Ordinal, Report, View } from "./types";
import { majority } from "./views";

/** What a member does before it stops. */
export interface StopPlan {
  /** Who is made the primary first; absent if nobody needs to be or can. */
  successor?: Ordinal;
  /**
   * - `leave`: the others go on as a smaller cluster.
   * - `halt`: the server is stopped at once, as if it had crashed, and the membership stays as it is.
   */
  how: "leave" | "halt";
}

/**
 * Plans a stop.
 *
 * The successor is the lowest ordinal that is a full member, answers, and is not being stopped itself.
 *
 * A cluster must never shrink, by members that leave in good order, below a majority of the set: the
 * last one would go on alone, and what it acknowledges would be on one disk. Nor could a majority that
 * returns later know whether it still runs. So whoever would leave too few behind halts instead, and
 * the rest stop accepting writes. A member that is alone in its cluster leaves: nobody goes on.
 * An engine that governs itself sees to all of that by itself: each of its members leaves.
 *
 * @param peers - answers to questions asked after this member's own report said that it is being stopped:
 * of members that stop at the same time, all but the first then see another one's.
 */
export function planStop(
  self: Ordinal,
  role: Report["status"]["role"],
  view: View | undefined,
  peers: readonly Report[],
  replicas: number,
  governs = false,
): StopPlan {
  if (!view || governs) return { how: "leave" };
  const staying = new Set(peers.filter((peer) => !peer.stopping).map((peer) => peer.ordinal));
  const fit = view.online.filter((member) => member !== self && staying.has(member)).sort((a, b) => a - b);
  const successor = role === "primary" ? fit[0] : undefined;
  const alone = view.members.every((member) => member === self);
  const how = alone || fit.length >= majority(replicas) ? "leave" : "halt";
  return successor === undefined ? { how } : { successor, how };
}
