import { isExclusive } from "../../components/protocol/topology";
import { isHung } from "./hung";
import type { StopContext, StopPlan } from "./policy";
import type { Ordinal, Report } from "./types";
import { majority } from "./views";

/**
 * Plans a stop in a cluster whose members leave it, so that it shrinks.
 *
 * The successor is the lowest ordinal that is a full member, answers, is not being stopped itself, and whose volume takes
 * writes.
 *
 * A cluster must never shrink, by members that leave in good order, below a majority of the set: the
 * last one would go on alone, and what it acknowledges would be on one disk. Nor could a majority that
 * returns later know whether it still runs. So whoever would leave too few behind halts instead, and
 * the rest stop accepting writes. A member that is alone in its cluster leaves: nobody goes on.
 */
export function planLeave({ self, role, view, peers, replicas, volumeLimits }: StopContext): StopPlan {
  if (!view) return { how: "leave" };
  const staying = new Set(
    peers.filter((peer) => !peer.stopping && !isHung(peer, volumeLimits)).map((peer) => peer.ordinal),
  );
  const fit = view.online.filter((member) => member !== self && staying.has(member)).sort((a, b) => a - b);
  const successor = isExclusive(role) ? fit[0] : undefined;
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
 * Plans a stop where a primary that stops hands over to whom the others elect, without the agent's doing. But
 * members that a smaller set no longer has are stopped all at once, and for good; so the primary among them hands over
 * first, to the lowest ordinal that stays, while the rest can still vote.
 */
export function planElectedStop({
  self,
  role,
  peers: staying,
  replicas,
  volumeLimits,
}: StopContext): StopPlan {
  if (self < replicas) return { how: "leave" };
  if (!isExclusive(role)) {
    const stays = staying.some(({ status }) => isExclusive(status.role));
    return stays ? { how: "leave" } : { how: "leave", stayToVote: true };
  }
  const fit = staying.filter(
    (peer) => peer.status.member === "online" && !peer.stopping && !isHung(peer, volumeLimits),
  );
  const [successor] = fit.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  return successor === undefined ? { how: "leave" } : { successor, how: "leave" };
}
