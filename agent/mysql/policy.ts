import { parseChoice } from "../core/choice";
import type { History, Logs } from "../core/engine";
import { isUnrecorded } from "../core/marker";
import { ahead, donors } from "../core/order";
import type { Policy } from "../core/policy";
import { choiceIn, creation, recovery, waitForMembers } from "../core/recovery";
import {
  followChoice,
  foreignDisk,
  MAX_FAILURES,
  serve,
  setAsideOrKeep,
  startAgain,
  startFailure,
  whileServerStarts,
  whileStopping,
} from "../core/rules";
import { planLeave } from "../core/stop-plan";
import type { Report } from "../core/types";
import { majority } from "../core/views";
import { markerOf, wait, type Action, type World } from "../core/world";

/**
 * A group that elects its primary by itself. Its members' agents bootstrap it, let members join and leave, have them copied, and
 * find by their data who may bootstrap it anew.
 */
export function groupPolicy(history: History & Logs): Policy {
  return {
    rules: {
      whileStopping,
      // Its server does not run.
      startServer,
      replaceFresh,
      replaceBroken,
      whileServerStarts,
      // It is a full member: is its cluster the right one?
      confirmBootstrap,
      leaveOvertaken,
      holdUntilMajority,
      serve,
      // It is in a group, and no full member.
      whileCatchingUp,
      withoutQuorum,
      endFailedMembership,
      // It is in no group, and one runs.
      waitForTurn: beside(waitForTurn),
      waitForExpulsion: beside(waitForExpulsion),
      copyToEmptyDisk: beside(copyToEmptyDisk),
      leaveForeignDisk: beside(leaveForeignDisk),
      setDivergedAside: beside((world, running) => setDivergedAside(world, running, history)),
      catchUp: beside((world, running) => catchUp(world, running, history)),
      // None runs, as far as is known.
      needApiServer,
      needSize,
      createCluster: (world) => createCluster(world, history),
      finishUnrecorded,
      bootstrapAnew: (world) => {
        const next = recovery(world, history);
        return next.kind === "bootstrap" ? next : undefined;
      },
      followChoice: (world) => followChoice(world.self, choiceIn(world, history)),
      waitForMembers: (world) => waitForMembers(world, history),
    },
    // What one acknowledges alone would be on one disk: the others are waited for by `holdUntilMajority`.
    opensAfterBootstrap: (alone, replicas) => alone || majority(replicas ?? 1) === 1,
    planStop: planLeave,
  };
}

function startServer({ own: { status } }: World): Action | undefined {
  if (status.process !== "stopped") return undefined;
  const { data, failures = 0, full } = status;
  const why = failures > 0 ? startFailure(status) : undefined;
  // A server that finds no room ends as well, and its data is sound.
  const sound = why === undefined || data === "none" || failures < MAX_FAILURES || full === true;
  return sound ? startAgain(data === "none", why) : undefined;
}

/** What never held anything is made anew, unless that would change nothing. */
function replaceFresh({ own: { status } }: World): Action | undefined {
  if (status.process !== "stopped" || status.data !== "fresh") return undefined;
  const why = startFailure(status);
  return status.refusal?.blames === "settings" ? startAgain(false, why) : { kind: "set-aside", message: why };
}

/** A server that does not start says nothing against its data, but by its words. */
function replaceBroken(world: World): Action | undefined {
  const { status } = world.own;
  if (status.process !== "stopped") return undefined;
  const why = startFailure(status);
  if (status.refusal?.blames !== "data" || runningCluster(world).length === 0) return startAgain(false, why);
  const action = setAsideOrKeep(world, why);
  return action.kind === "wait" ? startAgain(false, action.message, action.reason) : action;
}

function confirmBootstrap({ own, marker, self }: World): Action | undefined {
  const unconfirmed = own.record?.unconfirmed;
  if (own.status.member !== "online" || unconfirmed === undefined) return undefined;
  if (marker === "unknown") {
    return wait("BootstrapUnconfirmed", "bootstrapped; the API server cannot confirm it yet");
  }
  if (marker?.holder === self && marker.epoch === unconfirmed) return { kind: "bootstrap" };
  return { kind: "reset", message: "the right to bootstrap the cluster has passed on" };
}

function leaveOvertaken({ own, marker }: World): Action | undefined {
  if (own.status.member !== "online" || marker === "unknown" || !marker) return undefined;
  if (marker.epoch <= (own.record?.epoch ?? 0) || marker.phase !== "running") return undefined;
  return { kind: "reset", message: `the cluster was bootstrapped anew by member ${marker.holder}` };
}

/**
 * What a cluster that was just bootstrapped acknowledged would be on one disk. So clients are let in when a majority of the set
 * has joined; or at once, where an operator gave up the others.
 */
function holdUntilMajority({ own, peers, marker, self, replicas = 1 }: World): Action | undefined {
  if (own.status.member !== "online") return undefined;
  const { view, admitted } = own.status;
  const together = view?.online.length ?? 1;
  if (admitted === true || together >= majority(replicas)) return undefined;
  const open = peers.some(
    ({ ordinal, status }) => status.admitted === true && view?.online.includes(ordinal) === true,
  );
  if (open) return undefined;
  const known = markerOf({ marker });
  if (known?.alone === true && known.epoch === own.record?.epoch) return undefined;
  const choice = known?.recoverFrom === undefined ? undefined : parseChoice(known.recoverFrom);
  const chosen = choice?.member === self && (choice.epoch ?? known?.epoch) === known?.epoch;
  if (chosen && known?.phase === "running") return { kind: "go-alone" };
  const away = [...Array(replicas).keys()].filter((ordinal) => view?.online.includes(ordinal) !== true);
  return {
    kind: "hold",
    reason: "AwaitsMajority",
    message:
      `clients are let in when ${majority(replicas)} of ${replicas} members have joined, not on one disk alone; ` +
      `awaited: ${away.join(", ")}`,
  };
}

function whileCatchingUp({ own: { status } }: World): Action | undefined {
  return status.member === "joining" ? wait("CatchingUp", status.detail ?? "catching up") : undefined;
}

function withoutQuorum({ own: { status } }: World): Action | undefined {
  if (status.member !== "blocked") return undefined;
  return wait("NoQuorum", "the cluster has lost its quorum; nothing can be committed until members return");
}

function endFailedMembership({ own: { status } }: World): Action | undefined {
  if (status.member !== "failed") return undefined;
  return { kind: "reset", message: status.detail ?? "put out of the cluster" };
}

/** A rule for where a cluster runs. */
function beside(
  rule: (world: World, running: readonly Report[]) => Action | undefined,
): (world: World) => Action | undefined {
  return (world) => {
    const running = runningCluster(world);
    return running.length > 0 ? rule(world, running) : undefined;
  };
}

function waitForTurn({ own, peers, self }: World): Action | undefined {
  const first = ahead(self, [own, ...peers]);
  return first === undefined ? undefined : wait("WaitsForTurn", `member ${first} joins first`);
}

/** Joining beside one's own former self is refused for long, and makes the cluster stall. */
function waitForExpulsion({ self }: World, running: readonly Report[]): Action | undefined {
  if (!running.some((report) => report.status.view?.members.includes(self))) return undefined;
  return wait(
    "FormerSelfCounted",
    "the cluster still counts this member's former self; it is put out within seconds",
  );
}

function copyToEmptyDisk({ own, self, volumeLimits }: World, running: readonly Report[]): Action | undefined {
  if (own.status.data === "data") return undefined;
  const [donor] = donors(self, running, volumeLimits);
  return donor === undefined ? wait("NoDonor", "no member can give a copy now") : { kind: "clone", donor };
}

function leaveForeignDisk({ own }: World, running: readonly Report[]): Action | undefined {
  return foreignDisk(own, running.find((report) => report.record?.cluster !== undefined)?.record?.cluster);
}

function setDivergedAside(world: World, running: readonly Report[], history: History): Action | undefined {
  const mine = world.own.status.position;
  const source = running.find((report) => report.status.role === "primary") ?? running.at(0);
  const theirs = source?.status.position;
  if (mine === undefined || theirs === undefined)
    return wait("PositionsUnknown", "positions are not known yet");
  const relation = history.compare(mine, theirs);
  if (relation !== "ahead" && relation !== "diverged") return undefined;
  return world.divergedFor < world.timings.divergence
    ? wait("Diverging", "own data holds what the cluster lacks; looking again")
    : setAsideOrKeep(world, "own data holds transactions that the cluster never had");
}

function catchUp({ own, self, volumeLimits }: World, running: readonly Report[], logs: Logs): Action {
  const mine = own.status.position ?? "";
  const from = donors(self, running, volumeLimits);
  const withLogs = running
    .filter(({ status: { position } }) => position !== undefined && logs.canCatchUp(mine, position))
    .map(({ ordinal }) => ordinal);
  const able = from.filter((ordinal) => withLogs.includes(ordinal));
  if (able.length > 0) return { kind: "join", from: able };
  // This data may soon be one of few copies.
  if (from.length === 0 || withLogs.length > 0) {
    return wait("NoDonor", "the members that have the logs that are missing here are being stopped");
  }
  // All that is here is there as well, and stays here, aside.
  return { kind: "set-aside", message: "no member has the logs that are missing here" };
}

function needApiServer({ marker }: World): Action | undefined {
  if (marker !== "unknown") return undefined;
  return wait("ApiServerUnreachable", "no running member answers and the API server cannot be asked");
}

function needSize({ replicas }: World): Action | undefined {
  return replicas === undefined ? wait("SizeUnknown", "the size of the set is not known yet") : undefined;
}

function createCluster(world: World, history: History): Action | undefined {
  return markerOf(world) === undefined ? creation(world, history) : undefined;
}

function finishUnrecorded(world: World): Action | undefined {
  const marker = markerOf(world);
  return marker && isUnrecorded(marker, world.own) ? { kind: "bootstrap" } : undefined;
}

/** Reports of full members of the cluster that this member belongs to, or could. */
function runningCluster({ own, peers, marker }: World): Report[] {
  // A disk of another cluster says nothing of this one's bootstraps.
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
