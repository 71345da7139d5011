import { judgeChoice, parseChoice, type ChoiceVerdict } from "./choice";
import { judgeCreation } from "./creation";
import { ahead, donors } from "./order";
import { isUnrecorded } from "./marker";
import { candidatesAmong, judgeOutage } from "./outage";
import type { EngineStatus, Marker, Ordinal, Relation, Report, Timings } from "./types";
import { majority } from "./views";

/** Everything a decision is made from: observed, never remembered, but for the five durations. */
export interface World {
  self: Ordinal;
  /** The size of the set; `undefined` while it has never been known. */
  replicas: number | undefined;
  own: Report;
  /** The other members that answered just now. */
  peers: readonly Report[];
  /** Members that do not run, as Kubernetes says; asked for only where an operator's choice depends on it. */
  absent: ReadonlySet<Ordinal>;
  /** `undefined`: there is none. `unknown`: the API server did not say. */
  marker: Marker | undefined | "unknown";
  /** For how long no running cluster has been seen, ms. */
  elapsed: number;
  /** For how long the marker has looked as it does, ms. */
  markerAge: number;
  /** For how long own data has been seen to contain what the cluster lacks, ms; 0 if it does not. */
  divergedFor: number;
  /** For how long this member has counted as failed, ms. */
  failedFor: number;
  /** For how long this member has lacked logs that the primary has no longer, without getting on, in ms. */
  lackingFor: number;
  timings: Timings;
  compare: (own: string, other: string) => Relation;
  canCatchUp: (own: string, donor: string) => boolean;
}

/** The next thing to do. */
export type Action =
  | { kind: "wait"; reason: string }
  /** Let the server start; `init` makes an empty data directory first. With a reason it has failed to. */
  | { kind: "start"; init: boolean; reason?: string }
  /** Take part as a full member. */
  | { kind: "serve" }
  /** The same, with clients still locked out. */
  | { kind: "hold"; reason: string }
  /** Found the cluster: take the right, found, confirm, admit. `chosen`: by an operator's choice. */
  | { kind: "found"; chosen?: true }
  /** Write down for which outage an operator's choice is. */
  | { kind: "bind"; choice: string }
  /** Let clients in before a majority has joined, because an operator says so. */
  | { kind: "go-alone" }
  /** Give the right to found the cluster anew back: it runs on, in the epoch before. */
  | { kind: "yield"; reason: string; to: Ordinal; epoch: number }
  | { kind: "join"; from: Ordinal[] }
  | { kind: "clone"; donor: Ordinal }
  /** Move the data directory aside and begin with an empty one. */
  | { kind: "set-aside"; reason: string }
  /** End a membership that failed, or that belongs to a founding which was overtaken. */
  | { kind: "reset"; reason: string }
  /** Write down that this member is one of the running cluster. */
  | { kind: "enrol" };

/** How often the server may end before it answers until its data is taken for broken. */
export const MAX_FAILURES = 5;

/** Chooses the next thing to do. Pure: the same world gives the same action. */
export function decide(world: World): Action {
  const { own, marker } = world;
  const { status } = own;
  if (own.stopping) return wait("being stopped");
  if (status.process === "stopped") return decideStopped(world);
  if (status.process === "starting") {
    return wait(status.refusal ? startFailure(status) : (status.detail ?? "the server is starting"));
  }
  switch (status.member) {
    case "online":
      return decideOnline(world);
    case "joining":
      return wait(status.detail ?? "catching up");
    case "blocked":
      return wait("the cluster has lost its quorum; nothing can be committed until members return");
    case "failed":
      return { kind: "reset", reason: status.detail ?? "put out of the cluster" };
    case "offline":
      break;
  }
  const running = runningCluster(world);
  if (running.length > 0) return decideJoin(world, running);
  if (marker === "unknown") return wait("no running member answers and the API server cannot be asked");
  if (world.replicas === undefined) return wait("the size of the set is not known yet");
  if (marker === undefined) return decideCreation(world, world.replicas);
  return decideOutage(world, world.replicas, marker);
}

/** A member is in good standing: is its cluster the right one? */
function decideOnline(world: World): Action {
  const { own, marker, self } = world;
  const unconfirmed = own.record?.unconfirmed;
  if (marker === "unknown") {
    return unconfirmed === undefined
      ? (heldBack(world) ?? { kind: "serve" })
      : wait("founded; the API server cannot confirm it yet");
  }
  if (unconfirmed !== undefined) {
    if (marker?.holder === self && marker.epoch === unconfirmed) return { kind: "found" };
    return { kind: "reset", reason: "the right to found the cluster has passed on" };
  }
  if (marker !== undefined && marker.epoch > (own.record?.epoch ?? 0) && marker.phase === "running") {
    return { kind: "reset", reason: `the cluster was founded anew by member ${marker.holder}` };
  }
  return heldBack(world) ?? { kind: "serve" };
}

/**
 * What a cluster that was just founded acknowledged would be on one disk. So clients are let in when a majority of the set
 * has joined; or at once, where an operator gave up the others.
 */
function heldBack({ own, peers, marker, self, replicas = 1 }: World): Action | undefined {
  const { view, admitted } = own.status;
  const together = view?.online.length ?? 1;
  if (admitted === true || together >= majority(replicas)) return undefined;
  const open = peers.some(
    ({ ordinal, status }) => status.admitted === true && view?.online.includes(ordinal) === true,
  );
  if (open) return undefined;
  const known = marker === "unknown" ? undefined : marker;
  if (known?.alone === true && known.epoch === own.record?.epoch) return undefined;
  const choice = known?.recoverFrom === undefined ? undefined : parseChoice(known.recoverFrom);
  const chosen = choice?.member === self && (choice.epoch ?? known?.epoch) === known?.epoch;
  if (chosen && known?.phase === "running") return { kind: "go-alone" };
  const away = [...Array(replicas).keys()].filter((ordinal) => view?.online.includes(ordinal) !== true);
  return {
    kind: "hold",
    reason:
      `clients are let in when ${majority(replicas)} of ${replicas} members have joined, not on one disk alone; ` +
      `awaited: ${away.join(", ")}`,
  };
}

function decideStopped(world: World): Action {
  const { data, failures = 0, full, refusal } = world.own.status;
  const why = failures > 0 ? startFailure(world.own.status) : undefined;
  const again = (reason = why): Action => ({
    kind: "start",
    init: data === "none",
    ...(reason === undefined ? {} : { reason }),
  });
  // A server that finds no room ends as well, and its data is sound.
  if (why === undefined || data === "none" || failures < MAX_FAILURES || full === true) return again();
  // What never held anything is made anew, unless that would change nothing.
  if (data === "fresh") {
    return refusal?.blames === "settings" ? again() : { kind: "set-aside", reason: why };
  }
  // A server that does not start says nothing against its data, but by its words.
  if (refusal?.blames !== "data" || runningCluster(world).length === 0) return again();
  return othersHaveData(world) ? { kind: "set-aside", reason: why } : again(keptSinceFew(why));
}

/** Why a server does not start, for people. */
export function startFailure({ failures = 0, refusal }: EngineStatus): string {
  const words = refusal?.words ?? "without a word of its own that tells why";
  return failures > 0
    ? `the server ended ${failures} times: ${words}`
    : `the server does not start: ${words}`;
}

/**
 * Whether enough others have the data, so that this member's may be moved aside: a majority of the set, or all others
 * where there are fewer. Those that run, and those that lie on a disk; of two that are to give theirs up, the lower
 * ordinal goes first.
 */
export function othersHaveData({ self, own, peers, replicas }: World): boolean {
  if (replicas === undefined) return false;
  const having = peers.filter(({ ordinal, status, record }) => {
    if (status.member === "online") return true;
    const same = record?.cluster === own.record?.cluster;
    return same && ordinal > self && status.data === "data" && status.refusal?.blames !== "data";
  });
  return having.length >= Math.min(majority(replicas), replicas - 1);
}

export function keptSinceFew(why: string): string {
  return `${why}; this data is kept, since too few other members have theirs`;
}

/** Reports of full members of the cluster that this member belongs to, or could. */
function runningCluster({ own, peers, marker }: World): Report[] {
  // A disk of another cluster says nothing of this one's foundings.
  const cluster = marker !== "unknown" && marker ? marker.cluster : own.record?.cluster;
  const epochOf = ({ record }: Report): number =>
    cluster === undefined || record?.cluster === cluster ? (record?.epoch ?? 0) : 0;
  const newest = Math.max(epochOf(own), ...peers.map(epochOf));
  return peers.filter((peer) => {
    const { status, record } = peer;
    // What is not confirmed may still have to be given up.
    if (status.member !== "online" || !record?.cluster || record.unconfirmed !== undefined) return false;
    if (marker !== "unknown" && marker && marker.cluster !== record.cluster) return false;
    return record.epoch >= newest;
  });
}

function decideJoin(world: World, running: readonly Report[]): Action {
  const { own, self } = world;
  const from = donors(self, running);
  const cluster = running.find((report) => report.record?.cluster !== undefined)?.record?.cluster;
  const everyone = [own, ...world.peers];
  const first = ahead(self, everyone);
  if (first !== undefined) return wait(`member ${first} joins first`);
  // Joining beside one's own former self is refused for long, and makes the cluster stall.
  if (running.some((report) => report.status.view?.members.includes(self))) {
    return wait("the cluster still counts this member's former self; it is put out within seconds");
  }
  if (own.status.data !== "data") return cloneFrom(from, "a copy");
  if (own.record?.cluster !== undefined && own.record.cluster !== cluster) {
    return wait(
      `this disk belongs to cluster ${own.record.cluster}, the running one is ${cluster ?? "unknown"}: ` +
        "it is neither joined nor overwritten; give this member its own disk, or empty this one",
    );
  }
  const mine = own.status.position;
  const source = running.find((report) => report.status.role === "primary") ?? running.at(0);
  const theirs = source?.status.position;
  if (mine === undefined || theirs === undefined) return wait("positions are not known yet");
  const relation = world.compare(mine, theirs);
  if (relation === "ahead" || relation === "diverged") {
    if (world.divergedFor < world.timings.divergence)
      return wait("own data holds what the cluster lacks; looking again");
    const why = "own data holds transactions that the cluster never had";
    return othersHaveData(world) ? { kind: "set-aside", reason: why } : wait(keptSinceFew(why));
  }
  const withLogs = running
    .filter(({ status: { position } }) => position !== undefined && world.canCatchUp(mine, position))
    .map(({ ordinal }) => ordinal);
  const able = from.filter((ordinal) => withLogs.includes(ordinal));
  if (able.length > 0) return { kind: "join", from: able };
  // This data may soon be one of few copies.
  if (from.length === 0 || withLogs.length > 0) {
    return wait("the members that have the logs that are missing here are being stopped");
  }
  // All that is here is there as well, and stays here, aside.
  return { kind: "set-aside", reason: "no member has the logs that are missing here" };
}

function cloneFrom(from: readonly Ordinal[], what: string): Action {
  const donor = from.at(0);
  return donor === undefined ? wait(`no member can give ${what} now`) : { kind: "clone", donor };
}

function decideCreation(world: World, replicas: number, lost?: Ordinal): Action {
  const verdict = judgeCreation({
    self: world.self,
    replicas,
    reports: [world.own, ...world.peers],
    lost,
    compare: world.compare,
  });
  return verdict.found ? { kind: "found" } : wait(verdict.reason);
}

/** What a member of an engine that does not govern itself is in when it can neither commit nor come to by itself. */
const APART = ["offline", "failed"] as const;

/** Members find a way by themselves first; an operator's choice is for when there is none, or it takes long. */
function decideOutage(world: World, replicas: number, marker: Marker): Action {
  const { self, own, timings } = world;
  if (isUnrecorded(marker, own)) return { kind: "found" };
  const { action, by } = decideRecovery(world, replicas, marker);
  if (action.kind !== "wait") return action;
  const choice = judgeChoice({
    marker,
    replicas,
    reports: [own, ...world.peers],
    absent: world.absent,
    elapsed: world.elapsed,
    settle: timings.settle,
    patience: by === undefined ? timings.settle : timings.grace,
    apart: APART,
    isReady: (report) => candidatesAmong([report]).length > 0,
  });
  return withChoice(self, action, choice);
}

/** What is done where there is nothing to do but to wait, once an operator has chosen. */
export function withChoice(
  self: Ordinal,
  waiting: { kind: "wait"; reason: string },
  choice: ChoiceVerdict,
): Action {
  switch (choice.is) {
    case "none":
      return waiting;
    case "unbound":
      return { kind: "bind", choice: choice.bound };
    case "due":
      return choice.member === self
        ? { kind: "found", chosen: true }
        : wait(`an operator chose member ${choice.member} to recover from: it founds the cluster anew`);
    case "refused":
    case "pending":
      return wait(`${choice.reason}. ${waiting.reason}`);
  }
}

/** @returns also who founds the cluster without an operator's doing, if anybody does. */
function decideRecovery(
  world: World,
  replicas: number,
  marker: Marker,
): { action: { kind: "found" } | { kind: "wait"; reason: string }; by?: Ordinal } {
  const { self } = world;
  const first = marker.first === true && marker.phase === "founding";
  const holder = world.peers.find((peer) => peer.ordinal === marker.holder);
  if (marker.phase === "founding" && marker.holder !== self) {
    const busy = holder ? holder.activity === "founding" : world.markerAge < world.timings.claim;
    if (busy) return { action: waiting(rightOf(marker)), by: marker.holder };
  }
  if (first) {
    // What holds for a creation holds still, and the holder goes on.
    if (marker.holder === self) return { action: { kind: "found" } };
    const lost = marker.empty === true && !holder ? marker.holder : undefined;
    const action = decideCreation(world, replicas, lost);
    if (action.kind === "found") return { action };
    return { action: waiting("reason" in action ? (action.reason ?? "") : "") };
  }
  const verdict = judgeOutage({
    self,
    replicas,
    reports: [world.own, ...world.peers],
    marker,
    elapsed: world.elapsed,
    timings: world.timings,
    compare: world.compare,
  });
  if (verdict.found) return { action: { kind: "found" } };
  return { action: waiting(verdict.reason), ...(verdict.by === undefined ? {} : { by: verdict.by }) };
}

/** Who may found the cluster, for those who may not. */
export function rightOf({ holder }: Marker): string {
  return `member ${holder} has the right to found the cluster`;
}

/** Nothing to do but to wait. */
export function wait(reason: string): Action {
  return waiting(reason);
}

function waiting(reason: string): { kind: "wait"; reason: string } {
  return { kind: "wait", reason };
}
