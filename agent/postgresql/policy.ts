import { isUnrecorded } from "../core/marker";
import { choiceIn, explain } from "../core/leaderless";
import type { Policy } from "../core/policy";
import { primaryAmong } from "../core/primary";
import {
  enrol,
  finishBootstrap,
  holdsRight,
  leaveOvertaken,
  returnRight,
  waitForHolder,
  whenStopped,
} from "../core/right";
import {
  bootstrapAs,
  dataDoesNotFit,
  followChoice,
  foreignDisk,
  MAX_FAILURES,
  membersMissing,
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
import { wait, type Action, type World } from "../core/world";

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
    serveCopy,
    serve,
  },
  explain,
  // No commit is acknowledged by one member alone.
  opensAfterBootstrap: () => true,
  planStop: planElectedStop,
};

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

/** Emptied while it ran: what comes next on this disk is a copy, and worthless until it is a member. */
function restartOnLostDisk(world: World): Action | undefined {
  const { own, marker, peers } = world;
  if (own.status.data !== "none" || own.status.member === "online") return undefined;
  if (own.record?.stage === "member") return startAgain(true);
  return marker === undefined && !primaryAmong(peers) ? createCluster(world, undefined) : undefined;
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

/** It serves, and there is something else to be known of it: text that changes as seldom as possible, since each change is written down. */
function serveCopy({ own: { status } }: World): Action | undefined {
  const { following, fenced, member } = status;
  if (member !== "online") return undefined;
  if (fenced !== undefined)
    return { kind: "serve", reason: "Fenced", message: `nobody can write to it: ${fenced}` };
  if (following === undefined) return undefined;
  const { source, streaming, trouble } = following;
  if (streaming)
    return { kind: "serve", reason: "Following", message: `follows ${source}, and takes no writes` };
  const message = `nothing comes in from ${source}, which it follows; reads are answered with what there is`;
  return {
    kind: "serve",
    reason: "SourceUnreachable",
    message: trouble === undefined ? message : `${message}. ${trouble}`,
  };
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

function setUnfinishedAside(): Action {
  return { kind: "set-aside", message: "a copy that was not finished" };
}
