import { judgeChoice, type ChoiceVerdict } from "./choice";
import { choiceAmong, NO_DATA_LEFT } from "./outage";
import { primaryAmong } from "./primary";
import { withChoice } from "./rules";
import { markerOf, wait, type Wait, type World } from "./world";

/**
 * How long there must have been no primary until an operator is told what may be done, and the choice is followed, ms: three
 * times as long as an engine takes to elect one by itself where it can.
 */
const LEADERLESS_FOR = 60_000;

/** What a member is in when it has no primary. One that is joining sees a lock that is held. */
const APART = ["offline", "failed", "blocked"] as const;

/** Adds what became of an operator's choice, and what one may choose. */
export function explain(world: World, waiting: Wait): Wait {
  return withChoice(withWayOut(world, waiting), choiceIn(world));
}

/** An operator's choice counts only while there is no primary; a later one also when the first came to nothing. */
export function choiceIn(world: World): ChoiceVerdict {
  const { self, own, peers, replicas, timings } = world;
  const marker = markerOf(world);
  if (!marker || replicas === undefined || own.stopping) return { is: "none" };
  if (marker.phase !== "running" && marker.holder === self) return { is: "none" };
  if (own.status.member === "online" || primaryAmong(peers)) return { is: "none" };
  return judgeChoice(world, {
    patience: replicas === 1 ? timings.settle : LEADERLESS_FOR,
    apart: APART,
    isReady: () => true,
  });
}

/** What an operator may do when no primary is elected: the engine waits for members that may never come back. */
function withWayOut(world: World, waiting: Wait): Wait {
  const { own, peers, replicas = 1, elapsed } = world;
  if (elapsed < LEADERLESS_FOR || markerOf(world)?.phase !== "running" || own.stopping) return waiting;
  // Another bootstrap would start the same server with the same settings, and on the same data where there is one member.
  const { refusal } = own.status;
  if (refusal !== undefined && (replicas === 1 || refusal.blames === "settings")) return waiting;
  const everyone = [own, ...peers];
  const holding = everyone.filter(({ status }) => status.data === "data").map(({ ordinal }) => ordinal);
  if (holding.length > 0) {
    const way = choiceAmong(holding.sort((a, b) => a - b));
    const reason = waiting.reason === "NoPrimary" ? "NoPrimaryForLong" : waiting.reason;
    return { ...waiting, reason, message: `${waiting.message}. ${way}` };
  }
  if (everyone.length < replicas) return waiting;
  return wait("NoDataLeft", `${waiting.message}. ${NO_DATA_LEFT}`);
}
