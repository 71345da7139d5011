import { isEnrolled } from "../core/enrolled";
import { isUnrecorded, released } from "../core/marker";
import type { Policy } from "../core/policy";
import { isPrimary, primaryAmong } from "../core/primary";
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
} from "../core/rules";
import { planElectedStop } from "../core/stop-plan";
import type { EngineStatus, Marker, Ordinal, Report } from "../core/types";
import { lastView } from "../core/views";
import { markerOf, wait, type Action, type World } from "../core/world";
import { choiceIn, explain } from "./leaderless";

/** How long a server must have failed to start until its data is taken for broken, ms. */
const FAILED_FOR = 60_000;

/**
 * Patroni elects the primary, copies to empty disks, brings back members that have grown apart, and writes the primary's
 * address. What it cannot know is left: whether an empty disk is that of a new database or one that was lost, and whose
 * data counts when its own state in the Kubernetes API is gone.
 */
export const patroniPolicy: Policy = {
  rules: {
    whileStopping,
    followChoice: (world) => followChoice(world.self, choiceIn(world)),
    returnRight,
    // Its server does not run.
    needApiServer: whenStopped(needApiServer),
    createCluster: whenStopped(createCluster),
    bootstrapByRight: whenStopped(bootstrapByRight),
    waitForHolder: whenStopped(waitForHolder),
    leaveOvertakenData: whenStopped(leaveOvertakenData),
    copyToEmptyDisk: whenStopped(copyToEmptyDisk),
    leaveForeignDisk: whenStopped(leaveForeignDisk),
    startServer: whenStopped(startServer),
    // Its server runs, or is about to.
    leaveOvertaken,
    restartOnLostDisk,
    finishBootstrap,
    whileServerStarts,
    whileServerFails,
    setLackingAside,
    waitForPrimary,
    // It is a full member.
    waitForApiServer,
    enrol,
    serve,
  },
  explain,
  // No commit is acknowledged by one member alone.
  opensAfterBootstrap: () => true,
  planStop: planElectedStop,
};

/** A rule for where the server does not run. */
function whenStopped(
  rule: (world: World, marker: Marker | undefined) => Action | undefined,
): (world: World) => Action | undefined {
  return (world) => (world.own.status.process === "stopped" ? rule(world, markerOf(world)) : undefined);
}

/** This member has the right to bootstrap the cluster anew, and it runs on without that. */
function returnRight(world: World): Action | undefined {
  const { self, own, peers } = world;
  const marker = markerOf(world);
  if (marker?.holder !== self || own.status.role === "primary") return undefined;
  const primary = peers.find(isPrimary);
  const { cluster, epoch = 0 } = primary?.record ?? {};
  if (!primary || !released(marker, { cluster, epoch, ordinal: primary.ordinal })) return undefined;
  const message = `member ${primary.ordinal} is the primary: the cluster is not bootstrapped anew`;
  return { kind: "yield", message, to: primary.ordinal, epoch };
}

function needApiServer({ own, marker }: World): Action | undefined {
  if (marker !== "unknown") return undefined;
  return own.status.data === "data"
    ? startAgain(false)
    : wait(
        "ApiServerUnreachable",
        "this disk is empty, and the API server cannot be asked whether a cluster exists",
      );
}

/**
 * Without a marker. That does not mean without data: the marker may have been lost, or the disks may come from
 * elsewhere. So every member must answer before anything is bootstrapped, and data found anywhere is bootstrapped from.
 */
function createCluster(world: World, marker: Marker | undefined): Action | undefined {
  if (marker) return undefined;
  const { self, own, peers, replicas } = world;
  const { data } = own.status;
  // Its primary writes the marker again.
  if (primaryAmong(peers)) return data === "fresh" ? setUnfinishedAside() : startAgain(data === "none");
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  const everyone = [own, ...peers];
  const missing = membersMissing([...Array(replicas).keys()], everyone);
  if (missing) return missing;
  const holding = everyone.filter(({ status }) => status.data === "data");
  const [only] = holding;
  if (!only) return bootstrapAs(self, 0);
  if (holding.length === 1) return bootstrapAs(self, only.ordinal, "has data and ");
  const last = lastPrimary(holding);
  return last === undefined
    ? dataDoesNotFit(
        holding.map(({ ordinal }) => ordinal),
        ", or whose last primary is not among them",
      )
    : bootstrapAs(self, last, "was the last primary and ");
}

function bootstrapByRight({ self, own }: World, marker: Marker | undefined): Action | undefined {
  if (!marker) return undefined;
  return holdsRight(marker, self) || isUnrecorded(marker, own) ? { kind: "bootstrap" } : undefined;
}

/**
 * Another member has the right to bootstrap. Where every disk was empty before it began, nothing is lost with it: it passes on
 * when the holder is silent for long. Its data, where it has some, only an operator may give up.
 */
function waitForHolder(world: World, marker: Marker | undefined): Action | undefined {
  const { self, own, peers, replicas, markerAge, timings } = world;
  if (marker?.phase !== "founding" || primaryAmong(peers)) return undefined;
  const right = rightOf(marker);
  const silent = !peers.some(({ ordinal }) => ordinal === marker.holder);
  if (!silent || markerAge < timings.claim || replicas === undefined) return wait("WaitsForHolder", right);
  if (marker.first !== true || marker.empty !== true) {
    return wait("HolderSilent", `${right}, and does not answer: bring it back`);
  }
  const everyone = [own, ...peers];
  const expected = [...Array(replicas).keys()].filter((ordinal) => ordinal !== marker.holder);
  const hasData = everyone.some(({ status }) => status.data === "data");
  const next =
    membersMissing(expected, everyone) ??
    (hasData
      ? wait("ServersNotUp", "no cluster yet; not all members with data are ready")
      : bootstrapAs(self, expected[0]));
  if (next.kind === "bootstrap") return next;
  return wait("HolderSilent", `${right}, and does not answer. ${next.message}`);
}

function leaveOvertakenData(world: World): Action | undefined {
  return world.own.status.data === "data" ? leaveOvertaken(world) : undefined;
}

function copyToEmptyDisk({ own: { status } }: World): Action | undefined {
  if (status.data === "none") return startAgain(true);
  return status.data === "fresh" ? setUnfinishedAside() : undefined;
}

function leaveForeignDisk({ own }: World, marker: Marker | undefined): Action | undefined {
  return foreignDisk(own, marker?.cluster);
}

function startServer(world: World): Action {
  const { status } = world.own;
  const { failures = 0 } = status;
  if (failures === 0) return startAgain(false);
  const why = startFailure(status);
  const broken = status.refusal?.blames === "data" && status.full !== true;
  if (!broken || failures < MAX_FAILURES || !primaryAmong(world.peers)) return startAgain(false, why);
  const action = setAsideOrKeep(world, why);
  return action.kind === "wait" ? startAgain(false, action.message, action.reason) : action;
}

/** What this member bootstraps, or bootstrapped, cannot be confirmed any more. */
function leaveOvertaken(world: World): Action | undefined {
  const { unconfirmed } = world.own.record ?? {};
  const marker = markerOf(world);
  if (!marker || unconfirmed === undefined) return undefined;
  if (marker.holder === world.self && marker.epoch === unconfirmed) return undefined;
  return { kind: "reset", message: "the right to bootstrap the cluster has passed on" };
}

/** Emptied while it ran: what comes next on this disk is a copy, and worthless until it is a member. */
function restartOnLostDisk(world: World): Action | undefined {
  const { own, marker, peers } = world;
  if (own.status.data !== "none" || own.status.member === "online") return undefined;
  if (own.record?.stage === "member") return startAgain(true);
  return marker === undefined && !primaryAmong(peers) ? createCluster(world, undefined) : undefined;
}

/** The marker may have been read before this member's bootstrap was confirmed. */
function finishBootstrap(world: World): Action | undefined {
  const marker = markerOf(world);
  const unfinished = world.marker !== "unknown" && holdsRight(marker, world.self);
  return unfinished && !isEnrolled(world.own.record, marker) ? { kind: "bootstrap" } : undefined;
}

/**
 * Patroni keeps trying to start on this data. It is copied anew only when that has failed for long, its server has read
 * it and called it broken, and enough others have theirs.
 */
function whileServerFails(world: World): Action | undefined {
  const { status } = world.own;
  if (status.member !== "failed") return undefined;
  const why = notStarted(status);
  if (status.data !== "data")
    return wait("CopyDoesNotStart", `${why}, on a new copy as well: its log says why`);
  const waiting = wait("ServerDoesNotStart", why);
  if (world.failedFor < FAILED_FOR || !primaryAmong(world.peers)) return waiting;
  if (status.refusal?.blames !== "data") return waiting;
  if (status.full === true) {
    return wait("VolumeFull", `${why}; this data is kept: the volume is full, which may be why`);
  }
  return setAsideOrKeep(world, why);
}

/** Why the server does not start: what it says itself, or else what is known of it. */
function notStarted(status: EngineStatus): string {
  if (status.refusal === undefined) return status.detail ?? "the server does not start";
  return startFailure({ ...status, failures: 0 });
}

/** All that is here is there as well, and stays here, aside. */
function setLackingAside({ lackingFor, timings, peers }: World): Action | undefined {
  if (lackingFor < timings.divergence || !primaryAmong(peers)) return undefined;
  return { kind: "set-aside", message: "the primary has no longer the logs that are missing here" };
}

function waitForPrimary({ own: { status } }: World): Action | undefined {
  if (status.member === "online") return undefined;
  const reason = { joining: "CatchingUp", blocked: "NoPrimary" } as const;
  const known = status.member === "joining" || status.member === "blocked" ? status.member : undefined;
  return wait(known ? reason[known] : "NotInCluster", status.detail ?? "in no cluster yet");
}

function waitForApiServer({ own, marker }: World): Action | undefined {
  if (marker !== "unknown" || own.record?.unconfirmed === undefined) return undefined;
  return wait("BootstrapUnconfirmed", "bootstrapped; the API server cannot confirm it yet");
}

function enrol(world: World): Action | undefined {
  const marker = markerOf(world);
  return marker?.phase === "running" && !isEnrolled(world.own.record, marker) ? { kind: "enrol" } : undefined;
}

/** Whom the members of one cluster remember as its last primary, if it is one of them. */
function lastPrimary(holding: readonly Report[]): Ordinal | undefined {
  const clusters = new Set(holding.map(({ record }) => record?.cluster ?? ""));
  if (clusters.size !== 1) return undefined;
  const records = new Map(holding.flatMap(({ ordinal, record }) => (record ? [[ordinal, record]] : [])));
  const primaries = lastView(records)?.primaries ?? [];
  const [last] = primaries;
  return primaries.length === 1 && holding.some(({ ordinal }) => ordinal === last) ? last : undefined;
}

function holdsRight(marker: Marker | undefined, self: Ordinal): boolean {
  return marker?.phase === "founding" && marker.holder === self;
}

function setUnfinishedAside(): Action {
  return { kind: "set-aside", message: "a copy that was not finished" };
}
