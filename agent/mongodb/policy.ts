import { isExclusive } from "../../components/protocol/topology";
import { choiceIn, explain } from "../core/leaderless";
import { isHung } from "../core/hung";
import { isUnrecorded } from "../core/marker";
import { byOrdinal } from "../core/order";
import type { Policy, StopContext, StopPlan } from "../core/policy";
import { primaryAmong } from "../core/primary";
import { enrol, finishBootstrap, holdsRight, returnRight, waitForHolder, whenStopped } from "../core/right";
import {
  bootstrapAs,
  followChoice,
  foreignDisk,
  membersMissing,
  serve,
  setAsideOrKeep,
  startAgain,
  startFailure,
  whileServerStarts,
  whileStopping,
} from "../core/rules";
import { planElectedStop } from "../core/stop-plan";
import type { Marker } from "../core/types";
import { majority } from "../core/views";
import { markerOf, wait, type Action, type World } from "../core/world";
import { comparePositions } from "./position";
import { isUncounted } from "./set-config";

/** What only this engine does, by its name among the steps. */
export const STAND = "stand for election";

/** Likewise: what only a start lets the server read. */
export const RENEW = "read its keys anew";

/** After this time each member has told the others, ms; and two starts of one server are as far apart at least. */
const TOLD = 10_000;

/** How often a server must have called its data broken. */
const ATTEMPTS = 2;

/**
 * The servers elect their primary, copy to who joins, and undo what no majority had. What they cannot know is left: whether an
 * empty disk is that of a new database or one that was lost, when who has lost it may come back, and that a server has ended.
 */
export const mongoDbPolicy: Policy = {
  rules: {
    whileStopping,
    followChoice: (world) => followChoice(world.self, choiceIn(world)),
    returnRight,
    giveUpOvertaken,
    giveUpOlder,
    // Its server does not run.
    bootstrapByRight: whenStopped(bootstrapByRight),
    waitForHolder: whenStopped(waitForHolder),
    leaveForeignDisk: whenStopped((world, marker) => marker && foreignDisk(world.own, marker.cluster)),
    replaceBroken: whenStopped(replaceBroken),
    startWithData: whenStopped(startWithData),
    whileServerStarts,
    // It is in the set.
    finishBootstrap,
    enrol: (world) => (world.own.status.member === "online" ? enrol(world) : undefined),
    holdUntilMajority,
    standForLost,
    renewKeys,
    serve,
    setLackingAside,
    whileOutside,
    // Its disk is empty: is there a set?
    needApiServer,
    createSet,
    waitForSet,
    waitForRemoval,
    discardFresh,
    join: () => startAgain(true),
  },
  explain,
  // What one acknowledges alone would be on one disk: the others are waited for by `holdUntilMajority`.
  opensAfterBootstrap: (alone, replicas) => alone || replicas === 1,
  planStop,
};

/** Who goes for good stays until the others do not count it any more: its vote would be missing for ever. */
function planStop(context: StopContext): StopPlan {
  const plan = planElectedStop(context);
  return context.self < context.replicas ? plan : { ...plan, untilUncounted: true };
}

/** What this member bootstrapped alone cannot be confirmed any more: its server would go on as a set of its own. */
function giveUpOvertaken({ self, own, marker }: World): Action | undefined {
  const { unconfirmed } = own.record ?? {};
  const known = markerOf({ marker });
  if (!known || unconfirmed === undefined) return undefined;
  if (known.holder === self && known.epoch === unconfirmed) return undefined;
  return { kind: "set-aside", message: "the right to bootstrap the cluster has passed on" };
}

/** An operator chose another member's data. With the set that this one knows, it and its like could elect a primary beside that one. */
function giveUpOlder(world: World): Action | undefined {
  const { own, peers, self } = world;
  const marker = markerOf(world);
  const { cluster, epoch = 0, unconfirmed } = own.record ?? {};
  if (!marker || cluster !== marker.cluster || epoch >= marker.epoch || unconfirmed !== undefined)
    return undefined;
  if (own.status.data !== "data" || marker.phase !== "running") return undefined;
  if (marker.holder === self && own.status.member === "online") return undefined;
  const leads = peers.some((peer) => isExclusive(peer.status.role) && peer.record?.epoch === marker.epoch);
  if (leads) {
    const message = `the cluster was bootstrapped anew from the data of member ${marker.holder}`;
    return { kind: "set-aside", message };
  }
  return own.status.process === "stopped"
    ? wait("WaitsForChosen", `the cluster was bootstrapped anew by member ${marker.holder}, which is awaited`)
    : undefined;
}

function bootstrapByRight({ self, own }: World, marker: Marker | undefined): Action | undefined {
  if (!marker) return undefined;
  return holdsRight(marker, self) || isUnrecorded(marker, own) ? { kind: "bootstrap" } : undefined;
}

/** A server that does not start says nothing against its data, but by its words. */
function replaceBroken(world: World): Action | undefined {
  const { status } = world.own;
  if (status.data !== "data" || status.refusal?.blames !== "data" || status.full === true) return undefined;
  if ((status.failures ?? 0) < ATTEMPTS || !primaryAmong(world.peers)) return undefined;
  const why = startFailure(status);
  const action = setAsideOrKeep(world, why);
  return action.kind === "wait" ? startAgain(false, action.message, action.reason) : action;
}

function startWithData({ own: { status } }: World): Action | undefined {
  if (status.data !== "data") return undefined;
  return startAgain(false, (status.failures ?? 0) > 0 ? startFailure(status) : undefined);
}

/** What a set that was just begun acknowledged would be on one disk. */
function holdUntilMajority({ own: { status }, marker, replicas = 1 }: World): Action | undefined {
  if (status.member !== "online" || status.admitted === true) return undefined;
  if (markerOf({ marker })?.alone === true) return undefined;
  const wanted = majority(replicas);
  const there = status.view?.online.length ?? 1;
  if (there >= wanted) return undefined;
  return {
    kind: "hold",
    reason: "AwaitsMajority",
    message: `clients are let in when ${wanted} of ${replicas} members have joined, not on one disk alone; there are ${there}`,
  };
}

/**
 * The primary's server has ended, as its agent says, or has been started again: the others would find out by themselves after ten
 * seconds. Who has most of the data stands at once; the servers' own rules decide whether it is elected.
 */
function standForLost({ self, own, peers, marker, volumeLimits }: World): Action | undefined {
  const { view, member } = own.status;
  if (view === undefined || (member !== "online" && member !== "blocked") || own.stopping) return undefined;
  if (isExclusive(own.status.role) || primaryAmong(peers)) return undefined;
  // What is remembered here follows the server, which may have seen an election that nobody has won.
  const last = view.primary ?? own.record?.view?.primary ?? markerOf({ marker })?.view?.primary;
  const lost = [own, ...peers].find(({ ordinal }) => ordinal === last);
  // One that only does not answer may do so again in a moment: the servers themselves know better.
  if (lost === undefined || lost.status.hung) return undefined;
  // Started again before anybody noticed, it leads no more. What it says may be older than an election that this server knows of.
  if (lost.status.process === "running" && view.primary !== undefined) return undefined;
  const fit = [own, ...peers]
    .filter((one) => view.members.includes(one.ordinal) && !isExclusive(one.status.role))
    .filter(({ status }) => status.member === "online" || status.member === "blocked")
    .filter((one) => !one.stopping && !isHung(one, volumeLimits))
    .sort((a, b) => comparePositions(b.status.position, a.status.position) || byOrdinal(a, b));
  if (fit[0]?.ordinal !== self) return undefined;
  return {
    kind: "step",
    step: STAND,
    message: `member ${lost.ordinal}, the primary, leads no more`,
  };
}

/** The members' password has changed, and all are well: one server after the other is started again, the primary's last. */
function renewKeys({ self, own, peers, replicas }: World): Action | undefined {
  const { view, keys } = own.status;
  if ((keys?.dueFor ?? 0) < TOLD || view === undefined || replicas === undefined || replicas === 1)
    return undefined;
  const members = [own, ...peers].filter(({ ordinal }) => view.members.includes(ordinal));
  const well = members.filter(({ status, stopping }) => status.member === "online" && !stopping);
  if (well.length < view.members.length) return undefined;
  const next = well
    .filter(({ status }) => status.keys?.dueFor !== undefined)
    .sort(
      (a, b) =>
        Number(isExclusive(a.status.role)) - Number(isExclusive(b.status.role)) || b.ordinal - a.ordinal,
    );
  if (next[0]?.ordinal !== self) return undefined;
  return { kind: "step", step: RENEW, message: "the members' password has changed" };
}

/** All that is here is there as well, and stays here, aside. */
function setLackingAside({ lackingFor, timings, peers }: World): Action | undefined {
  if (lackingFor < timings.divergence || !primaryAmong(peers)) return undefined;
  return {
    kind: "set-aside",
    message: "the primary's oplog does not go back any more to where this member stands",
  };
}

function whileOutside({ own: { status } }: World): Action | undefined {
  if (status.process === "stopped") return undefined;
  const reason =
    status.member === "joining" ? "CatchingUp" : status.member === "blocked" ? "NoPrimary" : "NotInCluster";
  return wait(reason, status.detail ?? "in no replica set");
}

function needApiServer({ marker }: World): Action | undefined {
  if (marker !== "unknown") return undefined;
  return wait(
    "ApiServerUnreachable",
    "this disk is empty, and the API server cannot be asked whether a set exists",
  );
}

/** Without a marker. Who has data starts with it, and writes the marker again as the primary; nothing is begun beside it. */
function createSet(world: World): Action | undefined {
  const { self, own, peers, replicas } = world;
  if (markerOf(world) || primaryAmong(peers)) return undefined;
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  const everyone = [own, ...peers];
  const missing = membersMissing([...Array(replicas).keys()], everyone);
  if (missing) return missing;
  const having = everyone.filter(({ status }) => status.data === "data").map(({ ordinal }) => ordinal);
  if (having.length === 0) return bootstrapAs(self, 0);
  return wait("WaitsForBootstrap", `members ${having.join(", ")} have data: they are to elect a primary`);
}

/** A lost disk's owner never begins a set of its own. */
function waitForSet({ peers }: World): Action | undefined {
  return primaryAmong(peers)
    ? undefined
    : wait("NoPrimary", "this disk is empty, and there is no primary that this member could be added by");
}

function waitForRemoval({ self, peers }: World): Action | undefined {
  return isUncounted(self, peers)
    ? undefined
    : wait(
        "FormerSelfCounted",
        "the set counts this member's former self, which had data; the primary takes it out",
      );
}

/** What a server left behind that did not become a member is made anew. */
function discardFresh({ own: { status } }: World): Action | undefined {
  if (status.data !== "fresh") return undefined;
  if (status.refusal?.blames === "settings") return startAgain(true, startFailure(status));
  return { kind: "set-aside", message: "it has not become a member with what is on its disk" };
}
