/** Rules of engines that elect by themselves: what they may bootstrap, and when, is the marker's to say. */
import { isExclusive } from "../../components/protocol/topology";
import { isEnrolled } from "./enrolled";
import { released } from "./marker";
import { isPrimary, primaryAmong } from "./primary";
import { bootstrapAs, membersMissing, rightOf } from "./rules";
import type { Marker, Ordinal } from "./types";
import { markerOf, wait, type Action, type World } from "./world";

/** A rule for where the server does not run. */
export function whenStopped(
  rule: (world: World, marker: Marker | undefined) => Action | undefined,
): (world: World) => Action | undefined {
  return (world) => (world.own.status.process === "stopped" ? rule(world, markerOf(world)) : undefined);
}

/** This member has the right to bootstrap the cluster anew, and it runs on without that. */
export function returnRight(world: World): Action | undefined {
  const { self, own, peers } = world;
  const marker = markerOf(world);
  if (marker?.holder !== self || isExclusive(own.status.role)) return undefined;
  const primary = peers.find(isPrimary);
  const { cluster, epoch = 0 } = primary?.record ?? {};
  if (!primary || !released(marker, { cluster, epoch, ordinal: primary.ordinal })) return undefined;
  const message = `member ${primary.ordinal} is the primary: the cluster is not bootstrapped anew`;
  return { kind: "yield", message, to: primary.ordinal, epoch };
}

/**
 * Another member has the right to bootstrap. Where every disk was empty before it began, nothing is lost with it: it passes on
 * when the holder is silent for long. Its data, where it has some, only an operator may give up.
 */
export function waitForHolder(world: World, marker: Marker | undefined): Action | undefined {
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

/** What this member bootstraps, or bootstrapped, cannot be confirmed any more. */
export function leaveOvertaken(world: World): Action | undefined {
  const { unconfirmed } = world.own.record ?? {};
  const marker = markerOf(world);
  if (!marker || unconfirmed === undefined) return undefined;
  if (marker.holder === world.self && marker.epoch === unconfirmed) return undefined;
  return { kind: "reset", message: "the right to bootstrap the cluster has passed on" };
}

/** The marker may have been read before this member's bootstrap was confirmed. */
export function finishBootstrap(world: World): Action | undefined {
  const marker = markerOf(world);
  const unfinished = world.marker !== "unknown" && holdsRight(marker, world.self);
  return unfinished && !isEnrolled(world.own.record, marker) ? { kind: "bootstrap" } : undefined;
}

export function enrol(world: World): Action | undefined {
  const marker = markerOf(world);
  return marker?.phase === "running" && !isEnrolled(world.own.record, marker) ? { kind: "enrol" } : undefined;
}

export function holdsRight(marker: Marker | undefined, self: Ordinal): boolean {
  return marker?.phase === "founding" && marker.holder === self;
}
