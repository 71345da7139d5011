import { judgeChoice, type ChoiceVerdict } from "./choice";
import { judgeCreation } from "./creation";
import {
  keptSinceFew,
  MAX_FAILURES,
  othersHaveData,
  rightOf,
  startFailure,
  wait,
  withChoice,
  type Action,
  type World,
} from "./decide";
import { isUnrecorded, released } from "./marker";
import { choiceAmong, NO_DATA_LEFT } from "./outage";
import type { EngineStatus, Marker, MemberRecord, Ordinal, Report } from "./types";
import { lastView } from "./views";

/** How long a server must have failed to start until its data is taken for broken, ms. */
const FAILED_FOR = 60_000;

/**
 * How long there must have been no primary until an operator is told what may be done, and the choice is followed, ms: three
 * times as long as the engine takes to elect one where it can.
 */
const LEADERLESS_FOR = 60_000;

/** What a member is in when it has no primary. One that is joining sees a lock that is held. */
const APART = ["offline", "failed", "blocked"] as const;

/**
 * Chooses the next thing to do beside an engine that governs itself: which elects its primary, copies to
 * empty disks and brings back members that have grown apart. What it cannot know is left: whether an empty
 * disk is that of a new database or one that was lost, and whose data counts when its own state in the
 * Kubernetes API is gone. Pure: the same world gives the same action.
 */
export function decideGoverned(world: World): Action {
  const choice = choiceIn(world);
  const action = decideNext(world, choice);
  if (action.kind !== "wait") return action;
  const waiting = { ...action, reason: [action.reason, ...wayOut(world)].join(". ") };
  return choice.is === "due" ? waiting : withChoice(world.self, waiting, choice);
}

/** An operator's choice counts only while there is no primary; a later one also when the first came to nothing. */
function choiceIn({ marker, self, own, peers, replicas, absent, elapsed, timings }: World): ChoiceVerdict {
  if (marker === "unknown" || !marker || replicas === undefined || own.stopping) return { is: "none" };
  if (marker.phase !== "running" && marker.holder === self) return { is: "none" };
  if (own.status.member === "online" || primaryAmong(peers)) return { is: "none" };
  return judgeChoice({
    marker,
    replicas,
    reports: [own, ...peers],
    absent,
    elapsed,
    settle: timings.settle,
    patience: replicas === 1 ? timings.settle : LEADERLESS_FOR,
    apart: APART,
    isReady: () => true,
  });
}

/** What an operator may do when the engine finds no primary: it waits for members that may never come back. */
function wayOut({ own, peers, marker, replicas = 1, elapsed }: World): string[] {
  const led = elapsed < LEADERLESS_FOR || marker === "unknown" || marker?.phase !== "running";
  if (led || own.stopping) return [];
  // Another founding would start the same server with the same settings on the same data.
  if (replicas === 1 && own.status.refusal !== undefined) return [];
  const everyone = [own, ...peers];
  const holding = everyone.filter(({ status }) => status.data === "data").map(({ ordinal }) => ordinal);
  if (holding.length > 0) return [choiceAmong(holding.sort((a, b) => a - b))];
  return everyone.length < replicas ? [] : [NO_DATA_LEFT];
}

function decideNext(world: World, choice: ChoiceVerdict): Action {
  const { own, marker, self } = world;
  const { status } = own;
  if (own.stopping) return wait("being stopped");
  if (choice.is === "unbound") return { kind: "bind", choice: choice.bound };
  if (choice.is === "due" && choice.member === self) return { kind: "found", chosen: true };
  const astray = goesAstray(world);
  if (astray) return astray;
  if (status.process === "stopped") return decideStopped(world);
  if (isOvertaken(world)) return { kind: "reset", reason: "the right to found the cluster has passed on" };
  if (status.data === "none" && status.member !== "online") {
    // Emptied while it ran: what comes next on this disk is a copy, and worthless until it is a member.
    if (own.record?.stage === "member") return { kind: "start", init: true };
    if (marker === undefined && !primaryAmong(world.peers)) return decideUnmarked(world);
  }
  // The marker may have been read before this member's founding was confirmed.
  const unfinished = marker !== "unknown" && holdsRight(marker, self) && !isEnrolled(own.record, marker);
  if (unfinished) return { kind: "found" };
  if (status.process === "starting") return wait(notStarted(status) ?? "the server is starting");
  if (status.member === "failed") return decideFailed(world);
  if (world.lackingFor >= world.timings.divergence && primaryAmong(world.peers)) {
    // All that is here is there as well, and stays here, aside.
    return { kind: "set-aside", reason: "the primary has no longer the logs that are missing here" };
  }
  if (status.member !== "online") return wait(status.detail ?? "in no cluster yet");
  if (marker === "unknown" && own.record?.unconfirmed !== undefined) {
    return wait("founded; the API server cannot confirm it yet");
  }
  if (marker !== "unknown" && marker?.phase === "running" && !isEnrolled(own.record, marker)) {
    return { kind: "enrol" };
  }
  return { kind: "serve" };
}

/**
 * The engine keeps trying to start on this data. It is copied anew only when that has failed for long, its server has read
 * it and called it broken, and enough others have theirs.
 */
function decideFailed(world: World): Action {
  const { status } = world.own;
  const why = notStarted(status) ?? "the server does not start";
  if (status.data !== "data") return wait(`${why}, on a new copy as well: its log says why`);
  if (world.failedFor < FAILED_FOR || !primaryAmong(world.peers)) return wait(why);
  if (status.refusal?.blames !== "data") return wait(why);
  if (status.full === true) return wait(`${why}; this data is kept: the volume is full, which may be why`);
  return othersHaveData(world) ? { kind: "set-aside", reason: why } : wait(keptSinceFew(why));
}

/** Why the server does not start: what it says itself, or else what is known of it. */
function notStarted(status: EngineStatus): string | undefined {
  return status.refusal === undefined ? status.detail : startFailure({ ...status, failures: 0 });
}

/** This member has the right to found the cluster anew, and it runs on without that. */
function goesAstray({ marker, self, own, peers }: World): Action | undefined {
  if (marker === "unknown" || !marker || marker.holder !== self || own.status.role === "primary")
    return undefined;
  const primary = peers.find(isPrimary);
  const { cluster, epoch = 0 } = primary?.record ?? {};
  if (!primary || !released(marker, { cluster, epoch, ordinal: primary.ordinal })) return undefined;
  const reason = `member ${primary.ordinal} is the primary: the cluster is not founded anew`;
  return { kind: "yield", reason, to: primary.ordinal, epoch };
}

/** What this member founds, or founded, cannot be confirmed any more. */
function isOvertaken({ marker, self, own }: World): boolean {
  const { unconfirmed } = own.record ?? {};
  if (marker === "unknown" || !marker || unconfirmed === undefined) return false;
  return marker.holder !== self || marker.epoch !== unconfirmed;
}

function holdsRight(marker: Marker | undefined, self: Ordinal): boolean {
  return marker?.phase === "founding" && marker.holder === self;
}

function isEnrolled(record: MemberRecord | undefined, marker: Marker | undefined): boolean {
  const { stage, cluster, epoch, unconfirmed } = record ?? {};
  const same = cluster === marker?.cluster && epoch === marker?.epoch;
  return stage === "member" && same && unconfirmed === undefined;
}

function primaryAmong(peers: readonly Report[]): boolean {
  return peers.some(isPrimary);
}

function isPrimary({ status }: Report): boolean {
  return status.member === "online" && status.role === "primary";
}

function decideStopped(world: World): Action {
  const { own, marker, self, peers } = world;
  const { data, failures = 0 } = own.status;
  if (marker === "unknown") {
    return data === "data"
      ? { kind: "start", init: false }
      : wait("this disk is empty, and the API server cannot be asked whether a cluster exists");
  }
  if (marker === undefined) return decideUnmarked(world);
  if (holdsRight(marker, self) || isUnrecorded(marker, own)) return { kind: "found" };
  if (marker.phase === "founding" && !primaryAmong(peers)) return decideRight(world, marker);
  if (isOvertaken(world) && data === "data") {
    return { kind: "reset", reason: "the right to found the cluster has passed on" };
  }
  if (data === "none") return { kind: "start", init: true };
  if (data === "fresh") return { kind: "set-aside", reason: "a copy that was not finished" };
  const mine = own.record?.cluster;
  if (mine !== undefined && mine !== marker.cluster) {
    return wait(
      `this disk belongs to cluster ${mine}, the running one is ${marker.cluster}: it is neither joined nor ` +
        "overwritten; give this member its own disk, or empty this one",
    );
  }
  if (failures === 0) return { kind: "start", init: false };
  const why = startFailure(own.status);
  const broken = own.status.refusal?.blames === "data" && own.status.full !== true;
  if (!broken || failures < MAX_FAILURES || !primaryAmong(peers))
    return { kind: "start", init: false, reason: why };
  if (!othersHaveData(world)) return { kind: "start", init: false, reason: keptSinceFew(why) };
  return { kind: "set-aside", reason: why };
}

/**
 * Another member has the right to found. Where every disk was empty before it began, nothing is lost with it: it passes on
 * when the holder is silent for long. Its data, where it has some, only an operator may give up.
 */
function decideRight({ self, own, peers, replicas, markerAge, timings }: World, marker: Marker): Action {
  const reason = rightOf(marker);
  const silent = !peers.some(({ ordinal }) => ordinal === marker.holder);
  if (!silent || markerAge < timings.claim || replicas === undefined) return wait(reason);
  if (marker.first !== true || marker.empty !== true)
    return wait(`${reason}, and does not answer: bring it back`);
  const verdict = judgeCreation({
    self,
    replicas,
    // Beside an engine that governs itself a server runs only once it is told what to do.
    reports: [own, ...peers].map((report) => ({
      ...report,
      status: { ...report.status, process: "running" },
    })),
    lost: marker.holder,
    compare: () => "equal",
  });
  return verdict.found ? { kind: "found" } : wait(`${reason}, and does not answer. ${verdict.reason}`);
}

/**
 * Without a marker. That does not mean without data: the marker may have been lost, or the disks may come from
 * elsewhere. So every member must answer before anything is founded, and data found anywhere is founded upon.
 */
function decideUnmarked({ self, own, peers, replicas }: World): Action {
  const { data } = own.status;
  // Its primary writes the marker again.
  if (primaryAmong(peers)) {
    return data === "fresh"
      ? { kind: "set-aside", reason: "a copy that was not finished" }
      : { kind: "start", init: data === "none" };
  }
  if (replicas === undefined) return wait("the size of the set is not known yet");
  const everyone = [own, ...peers];
  const silent = [...Array(replicas).keys()].filter(
    (ordinal) => !everyone.some((report) => report.ordinal === ordinal),
  );
  if (silent.length > 0) {
    return wait(
      `no cluster yet; all members must answer before it is founded, missing: ${silent.join(", ")}`,
    );
  }
  const holding = everyone.filter(({ status }) => status.data === "data");
  if (holding.length === 0) return founder(self, 0, "");
  const [only] = holding;
  if (holding.length === 1 && only) return founder(self, only.ordinal, "has data and ");
  const last = lastPrimary(holding);
  if (last === undefined) {
    return wait(
      `there is no marker, and the disks of members ${holding.map(({ ordinal }) => ordinal).join(", ")} hold ` +
        "data that does not fit together, or whose last primary is not among them: move away the wrong ones",
    );
  }
  return founder(self, last, "was the last primary and ");
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

function founder(self: Ordinal, who: Ordinal, why: string): Action {
  return who === self ? { kind: "found" } : wait(`no cluster yet; member ${who} ${why}founds it`);
}
