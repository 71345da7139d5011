import type { Policy } from "../core/policy";
import {
  bootstrapAs,
  dataDoesNotFit,
  foreignDisk,
  membersMissing,
  rightOf,
  serve,
  setAsideOrKeep,
  startAgain,
  startFailure,
  whileServerStarts,
  whileStopping,
} from "../core/rules";
import { byOrdinal } from "../core/order";
import { awaitRepair } from "../core/losses";
import { wantedSize } from "../core/scale-in";
import type { Ordinal, Report } from "../core/types";
import { majority } from "../core/views";
import { markerOf, wait, type Action, type World } from "../core/world";
import { COPIES } from "../../components/cassandra/protocol";
import { MAX_MEMBERS } from "../../components/protocol/members";
import { OPEN_WAY_IN } from "./way-in";

/** How often a server must have called its data broken, by a checksum: a start takes a minute, and the data is kept aside. */
const ATTEMPTS = 2;

/**
 * A ring of equals. Who has data starts with it, whoever else is there: no member waits for another one. Who has none joins, one
 * member after the other, a ring that somebody runs; only the first one, once, begins one.
 */
export const cassandraPolicy: Policy = {
  rules: {
    whileStopping,
    // It has left the ring, or is to stay out of it.
    giveUpDeparted,
    stayOut,
    // Its server does not run.
    leaveForeignDisk,
    replaceBroken,
    startWithData,
    whileServerStarts,
    // It is in the ring.
    enrol,
    finishBootstrap,
    recreateMarker,
    holdUntilMajority,
    serve,
    openWayIn,
    whileOutside,
    // It is to join: is there a ring?
    needApiServer,
    createRing,
    waitForHolder,
    waitForRing,
    awaitRepair,
    waitForTurn,
    waitToBeForgotten,
    discardFresh,
    join: () => ({ kind: "start", init: true, once: true }),
  },
  // What one acknowledges alone would be on one disk: the others are waited for by `holdUntilMajority`.
  opensAfterBootstrap: (alone, replicas) => alone || replicas === 1,
  planStop: () => ({ how: "leave" }),
};

function leaveForeignDisk({ own, marker }: World): Action | undefined {
  const running = markerOf({ marker })?.cluster;
  return own.status.process === "stopped" && running !== undefined ? foreignDisk(own, running) : undefined;
}

/** A server that does not start says nothing against its data, but by its words. */
function replaceBroken(world: World): Action | undefined {
  const { status } = world.own;
  if (status.process !== "stopped" || status.data !== "data" || status.refusal?.blames !== "data")
    return undefined;
  if ((status.failures ?? 0) < ATTEMPTS) return undefined;
  const why = startFailure(status);
  const action = setAsideOrKeep(world, why);
  // A row has three copies, however many members there are: with two of them gone one may be left.
  const allUp = countedBy(world.peers).every((ordinal) => isUp(world, ordinal));
  if (action.kind === "set-aside" && allUp) return { ...action, only: true };
  return startAgain(false, action.message, action.kind === "wait" ? action.reason : undefined);
}

function startWithData({ own: { status } }: World): Action | undefined {
  if (status.process !== "stopped" || status.data !== "data") return undefined;
  return startAgain(false, (status.failures ?? 0) > 0 ? startFailure(status) : undefined);
}

/** Its server has become a member: what is on the disk counts from now on. */
function enrol(world: World): Action | undefined {
  const { own } = world;
  const { cluster, unconfirmed } = own.record ?? {};
  const isMember = own.status.member === "online" && markerOf(world)?.phase === "running";
  return isMember && cluster === undefined && unconfirmed === undefined ? { kind: "enrol" } : undefined;
}

function finishBootstrap(world: World): Action | undefined {
  const marker = markerOf(world);
  return marker?.phase === "founding" && marker.holder === world.self ? { kind: "bootstrap" } : undefined;
}

/** Somebody has deleted the marker. The lowest of those that run writes it again. */
function recreateMarker({ self, own, peers, marker }: World): Action | undefined {
  if (marker !== undefined || own.status.member !== "online" || own.record?.cluster === undefined)
    return undefined;
  const online = [own, ...peers].filter(({ status }) => status.member === "online").sort(byOrdinal);
  return online[0]?.ordinal === self ? { kind: "bootstrap" } : undefined;
}

/** What it held the others have; a server would not start with it again. */
function giveUpDeparted({ own: { status, record } }: World): Action | undefined {
  // A start that begins anew takes that off the record before it.
  const runsStill = record?.departed === true && status.process !== "stopped";
  if (status.departed !== true && !runsStill) return undefined;
  return { kind: "depart", message: "it has handed over what it held, and left the ring" };
}

/** A member that has left stays away until its pod goes. One whose place is still in the ring, with a lost disk, takes it to hand it over. */
function stayOut(world: World): Action | undefined {
  const { self, own, peers } = world;
  const wanted = wantedSize(markerOf(world) ?? {});
  if (typeof wanted !== "number" || self < wanted) return undefined;
  if (own.status.process !== "stopped" || own.status.data === "data") return undefined;
  const counted = peers.some(({ status }) => status.view?.members.includes(self) === true);
  if (counted && own.record?.departed !== true) return undefined;
  return wait("ScaledIn", `the ring is to have ${wanted} members, and this one is not in it`);
}

/** What a ring that was just begun acknowledged would be on one disk. */
function holdUntilMajority({ own: { status }, replicas = 1 }: World): Action | undefined {
  if (status.member !== "online" || status.admitted === true) return undefined;
  const wanted = majority(Math.min(replicas, COPIES));
  const there = status.view?.members.length ?? 1;
  if (there >= wanted) return undefined;
  return {
    kind: "hold",
    reason: "AwaitsMajority",
    message: `clients are let in when ${wanted} members have joined, not on one disk alone; there are ${there}`,
  };
}

/**
 * The accounts are the ring's: who is still let in makes the agents' password for all. Where nobody is, one member opens a way: the lowest
 * that has data and does not fail to start. Its server ends twice for it, and is waited for.
 */
function openWayIn({ self, own, peers }: World): Action | undefined {
  const { status, record } = own;
  if (status.lockedOut !== true || record?.cluster === undefined || record.unconfirmed !== undefined)
    return undefined;
  const inside = peers.find((peer) => peer.status.member === "online" && !peer.stopping);
  const other = inside ?? peers.find((peer) => peer.ordinal < self && opensFirst(peer));
  return other
    ? wait("LockedOut", `member ${other.ordinal} makes the agents' password what their Secret says`)
    : { kind: "step", step: OPEN_WAY_IN, message: "the agents' password is made what their Secret says" };
}

function opensFirst({ status, stopping }: Report): boolean {
  return status.data === "data" && !stopping && (status.failures ?? 0) === 0;
}

function whileOutside({ own: { status } }: World): Action | undefined {
  return status.process === "stopped"
    ? undefined
    : wait("CatchingUp", status.detail ?? "it is no full member yet");
}

function needApiServer({ marker }: World): Action | undefined {
  if (marker !== "unknown") return undefined;
  return wait(
    "ApiServerUnreachable",
    "this member's disk is empty, and the API server cannot be asked for its ring",
  );
}

function createRing(world: World): Action | undefined {
  const { self, own, peers, replicas } = world;
  if (markerOf(world)) return undefined;
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  const everybody = [own, ...peers];
  const having = everybody.filter(({ status }) => status.data === "data");
  const clusters = new Set(having.map(({ record }) => record?.cluster));
  if (clusters.size > 1 || clusters.has(undefined))
    return dataDoesNotFit(having.map(({ ordinal }) => ordinal));
  if (having.length > 0) return wait("WaitsForBootstrap", "the ring's members are on their way up");
  return membersMissing([...Array(replicas).keys()], everybody) ?? bootstrapAs(self, 0);
}

function waitForHolder(world: World): Action | undefined {
  const marker = markerOf(world);
  return marker?.phase === "founding" ? wait("WaitsForHolder", rightOf(marker)) : undefined;
}

/** Who would join nobody would begin a ring of its own. */
function waitForRing(world: World): Action | undefined {
  const cluster = markerOf(world)?.cluster;
  const runs = world.peers.some(
    ({ status, record }) => status.member === "online" && record?.cluster === cluster,
  );
  return runs
    ? undefined
    : wait("MembersMissing", "no member of the ring is up that this one could join it by");
}

/**
 * Ranges of the ring change hands with each member that joins: with two at once both would count on the other one's, or even take the same
 * places of the ring. So who says nothing and is in no ring may be about it. One that is in the ring takes its own place there: it need not
 * wait for members to come that never were.
 */
function waitForTurn(world: World): Action | undefined {
  const { self, own, peers, replicas } = world;
  const wanted = wantedSize(markerOf(world) ?? {});
  const size = typeof wanted === "number" ? wanted : Infinity;
  const first = peers
    .filter((peer) => (peer.ordinal < size || peer.status.process !== "stopped") && isAhead(own, peer))
    .sort(byOrdinal)[0];
  if (first) return wait("WaitsForTurn", `member ${first.ordinal} joins first`);
  const counted = countedBy(peers);
  if (counted.includes(self)) return undefined;
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  const heard = new Set([self, ...peers.map(({ ordinal }) => ordinal)]);
  const silent = [...Array(replicas).keys()].find(
    (ordinal) => !heard.has(ordinal) && !counted.includes(ordinal),
  );
  return silent === undefined
    ? undefined
    : wait(
        "WaitsForTurn",
        `member ${silent} is not in the ring and does not answer: it may be about to join`,
      );
}

/**
 * Who has begun to join and has ended is for a while no news to the ring, and hears from it of some members alone. It would take the
 * places of those that it does not hear of.
 */
function waitToBeForgotten({ self, peers }: World): Action | undefined {
  return peers.some(({ status }) => status.outside?.includes(self) === true)
    ? wait("WaitsForTurn", "the ring has not forgotten yet that this member was about to join")
    : undefined;
}

/** Of two that are to join each says the same of which goes first: who has failed to comes after all others. */
function isAhead(own: Report, other: Report): boolean {
  const { status, stopping, record, activity } = other;
  if (status.data === "data" && record?.cluster !== undefined) return false;
  if (status.process !== "stopped" || activity === "starting") return true;
  return !stopping && turnOf(other) < turnOf(own);
}

function turnOf({ ordinal, status }: Report): number {
  return ordinal + ((status.failures ?? 0) > 0 ? MAX_MEMBERS : 0);
}

/** What a server left behind that did not become a member is made anew. */
function discardFresh({ self, own: { status }, peers }: World): Action | undefined {
  if (status.data !== "fresh") return undefined;
  if (status.refusal?.blames === "settings") return { ...startAgain(true, startFailure(status)), once: true };
  // The ring may count it for what is on its disk, and nobody have written that down.
  const keep = countedBy(peers).includes(self) ? { keep: true as const } : {};
  return {
    kind: "set-aside",
    message: "it has not become a member with what is on its disk",
    only: true,
    ...keep,
  };
}

/** Whom those that are up count as members. */
function countedBy(peers: readonly Report[]): Ordinal[] {
  return [...new Set(peers.flatMap(({ status }) => status.view?.members ?? []))];
}

function isUp({ self, peers }: World, ordinal: Ordinal): boolean {
  return (
    ordinal === self || peers.some((peer) => peer.ordinal === ordinal && peer.status.member === "online")
  );
}
