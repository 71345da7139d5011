import type { EndpointSpec } from "../../components/protocol/topology";
import { isHung } from "./hung";
import type { HangLimits } from "./limits";
import type { Ordinal, Report, View } from "./types";

/** Addresses behind a Service, and the moment in the cluster's life that they were true. */
export interface Route {
  addresses: string[];
  /** `epoch.view`: a route is only ever replaced by one that is not older. */
  fence: string;
}

/** A point in the cluster's life as text. */
export function fenceOf(epoch: number, view: View): string {
  return `${epoch}.${view.number}`;
}

/** Whether a route with `fence` may replace one with `held`; anything unreadable may be replaced. */
export function mayReplace(held: string | undefined, fence: string): boolean {
  const [oldEpoch, oldView] = numbers(held);
  const [newEpoch, newView] = numbers(fence);
  return newEpoch > oldEpoch || (newEpoch === oldEpoch && newView >= oldView);
}

/** The epoch of a fence; 0 if it is none. */
export function epochOf(fence: string | undefined): number {
  return Math.max(0, numbers(fence)[0]);
}

function numbers(fence: string | undefined): [number, number] {
  const match = /^(\d+)\.(\d+)$/.exec(fence ?? "");
  return match ? [Number(match[1]), Number(match[2])] : [-1, -1];
}

/**
 * What the member that takes the writes publishes: its own address; those that can be read from: the replicas', or where none serves
 * its own; and all of these, of which each says who takes what.
 */
export function routesFrom(
  own: Report,
  view: View,
  epoch: number,
  peers: readonly Report[],
  limits: HangLimits,
): Record<EndpointSpec["for"], Route> {
  const fence = fenceOf(epoch, view);
  const online = new Set<Ordinal>(view.online);
  const readable = peers.filter((peer) => {
    const { ordinal, status, stopping } = peer;
    const serves = online.has(ordinal) && status.admitted === true && !stopping;
    // What it shows stands still where its volume hangs.
    return ordinal !== own.ordinal && serves && !isHung(peer, limits);
  });
  const addresses = [...new Set(readable.map((peer) => peer.address))].sort();
  return {
    writes: { addresses: [own.address], fence },
    reads: { addresses: addresses.length > 0 ? addresses : [own.address], fence },
    discovery: { addresses: [...new Set([own.address, ...addresses])].sort(), fence },
  };
}
