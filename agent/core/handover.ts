import { isHung } from "./hung";
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
  /** The primary leaves for good as well: this member goes when one that stays has taken over, for which it has a vote. */
  stayToVote?: true;
}

/**
 * Plans a stop.
 *
 * The successor is the lowest ordinal that is a full member, answers, is not being stopped itself, and whose volume takes
 * writes.
 *
 * A cluster must never shrink, by members that leave in good order, below a majority of the set: the
 * last one would go on alone, and what it acknowledges would be on one disk. Nor could a majority that
 * returns later know whether it still runs. So whoever would leave too few behind halts instead, and
 * the rest stop accepting writes. A member that is alone in its cluster leaves: nobody goes on.
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
): StopPlan {
  if (!view) return { how: "leave" };
  const staying = new Set(
    peers.filter((peer) => !peer.stopping && !isHung(peer)).map((peer) => peer.ordinal),
  );
  const fit = view.online.filter((member) => member !== self && staying.has(member)).sort((a, b) => a - b);
  const successor = role === "primary" ? fit[0] : undefined;
  const alone = view.members.every((member) => member === self);
  const how = alone || fit.length >= majority(replicas) ? "leave" : "halt";
  return successor === undefined ? { how } : { successor, how };
}

/**
 * The members whose return a stop waits for: without them it would take the majority away, with them it would not. Others
 * that are being stopped do not come back for that: then everything is to stop.
 *
 * A rolling update asks nobody whether the others can spare a member: the StatefulSet's controller waits for those that
 * it has replaced, and not for one that was away before.
 */
export function awaitedBeforeStop(self: Ordinal, peers: readonly Report[], replicas: number): Ordinal[] {
  if (self >= replicas) return [];
  const serving = new Set<Ordinal>();
  const leaving = new Set<Ordinal>();
  for (const { ordinal, status, stopping } of peers) {
    if (stopping) leaving.add(ordinal);
    else if (status.member === "online") serving.add(ordinal);
  }
  const others = [...Array(replicas).keys()].filter((ordinal) => ordinal !== self && !leaving.has(ordinal));
  const away = others.filter((ordinal) => !serving.has(ordinal));
  const enough = others.length - away.length >= majority(replicas);
  return enough || others.length < majority(replicas) ? [] : away;
}

/**
 * Plans a stop beside an engine that governs itself: a primary that is stopped hands over to whom the others elect. But
 * members that a smaller set no longer has are stopped all at once, and for good; so the primary among them hands over
 * first, to the lowest ordinal that stays, while the rest can still vote.
 */
export function planGovernedStop(
  self: Ordinal,
  role: Report["status"]["role"],
  staying: readonly Report[],
  replicas: number,
): StopPlan {
  if (self < replicas) return { how: "leave" };
  if (role !== "primary") {
    const stays = staying.some(({ status }) => status.role === "primary");
    return stays ? { how: "leave" } : { how: "leave", stayToVote: true };
  }
  const fit = staying.filter((peer) => peer.status.member === "online" && !peer.stopping && !isHung(peer));
  const [successor] = fit.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  return successor === undefined ? { how: "leave" } : { successor, how: "leave" };
}
