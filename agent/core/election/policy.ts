import { judgeChoice, type ChoiceVerdict } from "../choice";
import { isEnrolled } from "../enrolled";
import { isHung } from "../hung";
import type { Policy, StopContext, StopPlan } from "../policy";
import { primaryAmong } from "../primary";
import {
  bootstrapAs,
  dataDoesNotFit,
  followChoice,
  foreignDisk,
  MAX_FAILURES,
  membersMissing,
  rightOf,
  serve,
  setAsideOrKeep,
  startAgain,
  startFailure,
  whileServerStarts,
  whileStopping,
  withChoice,
} from "../rules";
import { markerOf, wait, type Action, type World } from "../world";

/** What a member is in when it takes no writes, and copies from nobody. */
const APART = ["offline", "failed", "blocked"] as const;

/**
 * Members whose agents elect the primary. A server that is started follows nobody, so that it may be started at any time; whom it
 * follows, and whether it is the primary, is the elector's to do. What is left is whether a cluster exists, and whose disk
 * is worth what.
 */
export const electedPolicy: Policy = {
  rules: {
    whileStopping,
    startServer,
    whileServerStarts,
    followChoice: (world) => followChoice(world.self, choiceIn(world)),
    finishBootstrap,
    leaveOvertaken,
    enrol,
    serve,
    needApiServer,
    createCluster,
    waitForHolder,
    leaveForeignDisk: (world) => foreignDisk(world.own, markerOf(world)?.cluster),
    waitForPrimary,
  },
  explain: (world, waiting) => withChoice(waiting, choiceIn(world)),
  // Clients are let in by whoever is elected, and to read where it is followed.
  opensAfterBootstrap: () => false,
  planStop,
};

function startServer(world: World): Action | undefined {
  const { status } = world.own;
  if (status.process !== "stopped") return undefined;
  const { data, failures = 0, full, refusal } = status;
  if (failures === 0) return startAgain(data === "none");
  const why = startFailure(status);
  if (data === "fresh" && refusal?.blames !== "settings") return { kind: "set-aside", message: why };
  // A server that finds no room ends as well, and its data is sound.
  const broken = data === "data" && refusal?.blames === "data" && full !== true;
  if (!broken || failures < MAX_FAILURES || !primaryAmong(world.peers))
    return startAgain(data === "none", why);
  const action = setAsideOrKeep(world, why);
  return action.kind === "wait" ? startAgain(false, action.message, action.reason) : action;
}

/** The marker may have been read before this member's bootstrap was confirmed. */
function finishBootstrap(world: World): Action | undefined {
  const marker = markerOf(world);
  const unfinished = marker?.phase === "founding" && marker.holder === world.self;
  const unrecorded = world.own.record?.unconfirmed !== undefined && marker?.holder === world.self;
  return unfinished || unrecorded ? { kind: "bootstrap" } : undefined;
}

/** What this member bootstrapped cannot be confirmed any more. */
function leaveOvertaken({ self, own, marker }: World): Action | undefined {
  const { unconfirmed } = own.record ?? {};
  if (marker === "unknown" || !marker || unconfirmed === undefined) return undefined;
  if (marker.holder === self && marker.epoch === unconfirmed) return undefined;
  return { kind: "reset", message: "the right to bootstrap the cluster has passed on" };
}

function enrol(world: World): Action | undefined {
  const { own } = world;
  const marker = markerOf(world);
  if (own.status.member !== "online" || marker?.phase !== "running") return undefined;
  return isEnrolled(own.record, marker) ? undefined : { kind: "enrol" };
}

function needApiServer({ marker }: World): Action | undefined {
  return marker === "unknown" ? wait("ApiServerUnreachable", "the API server cannot be asked") : undefined;
}

/**
 * Without a marker. That does not mean without data: every member must answer before anything is bootstrapped, and data of one
 * cluster is bootstrapped from: whose it becomes is decided by votes.
 */
function createCluster(world: World): Action | undefined {
  const { self, own, peers, replicas } = world;
  if (markerOf(world)) return undefined;
  // Its primary writes the marker again.
  if (primaryAmong(peers)) return wait("NotInCluster", "the marker is not there yet");
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  const everyone = [own, ...peers];
  const missing = membersMissing([...Array(replicas).keys()], everyone);
  if (missing) return missing;
  const holding = everyone
    .filter(({ status }) => status.data === "data")
    .sort((a, b) => a.ordinal - b.ordinal);
  const [first] = holding;
  if (!first) return bootstrapAs(self, 0);
  const clusters = new Set(holding.map(({ record }) => record?.cluster));
  if (holding.length > 1 && (clusters.size !== 1 || clusters.has(undefined)))
    return dataDoesNotFit(holding.map(({ ordinal }) => ordinal));
  return bootstrapAs(self, first.ordinal, "has data and ");
}

/** Where every disk was empty before a first bootstrap began, nothing is lost with its holder: the right passes on when that is silent. */
function waitForHolder(world: World): Action | undefined {
  const { self, own, peers, replicas, markerAge, timings } = world;
  const marker = markerOf(world);
  if (marker?.phase !== "founding") return undefined;
  const right = rightOf(marker);
  const silent = !peers.some(({ ordinal }) => ordinal === marker.holder);
  if (!silent || markerAge < timings.claim || replicas === undefined) return wait("WaitsForHolder", right);
  if (marker.first !== true || marker.empty !== true)
    return wait("HolderSilent", `${right}, and does not answer: bring it back`);
  const expected = [...Array(replicas).keys()].filter((ordinal) => ordinal !== marker.holder);
  const next = membersMissing(expected, [own, ...peers]) ?? bootstrapAs(self, expected[0]);
  return next.kind === "bootstrap"
    ? next
    : wait("HolderSilent", `${right}, and does not answer. ${next.message}`);
}

function waitForPrimary({ own: { status } }: World): Action {
  const message = status.detail ?? "there is no primary";
  if (status.member === "joining") return wait("CatchingUp", message);
  return wait(status.member === "blocked" ? "NoPrimary" : "NotInCluster", message);
}

/** What becomes of an operator's choice. */
function choiceIn(world: World): ChoiceVerdict {
  return judgeChoice(world, {
    patience: world.timings.settle,
    apart: APART,
    isReady: ({ status }) => status.process === "running" && status.data === "data",
  });
}

/** Who is the primary hands over first, to the lowest ordinal that follows it and stays. */
function planStop({ self, role, view, peers, replicas, volumeLimits }: StopContext): StopPlan {
  if (role !== "primary") return { how: "leave" };
  const fit = peers.filter(
    (peer) =>
      peer.ordinal !== self &&
      peer.ordinal < replicas &&
      view?.online.includes(peer.ordinal) === true &&
      peer.status.member === "online" &&
      !peer.stopping &&
      !isHung(peer, volumeLimits),
  );
  const [successor] = fit.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  return successor === undefined ? { how: "leave" } : { successor, how: "leave" };
}
