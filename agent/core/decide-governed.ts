import {
  keptSinceFew,
  MAX_FAILURES,
  othersHaveData,
  startFailure,
  wait,
  type Action,
  type World,
} from "./decide";
import { isUnrecorded } from "./marker";
import { choiceAmong, NO_DATA_LEFT } from "./outage";
import type { EngineStatus, Marker, MemberRecord, Ordinal, Report } from "./types";
import { lastView } from "./views";

/** How long a server must have failed to start until its data is taken for broken, ms. */
const FAILED_FOR = 60_000;

/** How long there must have been no primary until an operator is told what may be done, ms. */
const LEADERLESS_FOR = 60_000;

/**
 * Chooses the next thing to do beside an engine that governs itself: which elects its primary, copies to
 * empty disks and brings back members that have grown apart. What it cannot know is left: whether an empty
 * disk is that of a new database or one that was lost, and whose data counts when its own state in the
 * Kubernetes API is gone. Pure: the same world gives the same action.
 */
export function decideGoverned(world: World): Action {
  const action = decideNext(world);
  return action.kind === "wait" ? wait([action.reason, ...wayOut(world)].join(". ")) : action;
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

function decideNext(world: World): Action {
  const { own, marker, self } = world;
  const { status } = own;
  if (own.stopping) return wait("being stopped");
  if (isChosen(world)) {
    return status.data === "data"
      ? { kind: "found" }
      : wait("an operator chose this member to recover from, and its disk is empty");
  }
  if (status.process === "stopped") return decideStopped(world);
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

/** An operator's choice counts only while there is no primary; a later one also when the first came to nothing. */
function isChosen({ marker, self, own, peers }: World): boolean {
  if (marker === "unknown" || marker?.recoverFrom !== self) return false;
  if (marker.phase !== "running" && marker.holder === self) return false;
  return own.status.member !== "online" && !primaryAmong(peers);
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
  return peers.some(({ status }) => status.member === "online" && status.role === "primary");
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
  if (marker.phase === "founding") return wait(`member ${marker.holder} has the right to found the cluster`);
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
