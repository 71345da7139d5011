import type { Reason } from "../../components/protocol/reasons";
import {
  type EndpointSpec,
  endpointsBy,
  exclusiveRole,
  type Topology,
} from "../../components/protocol/topology";
import type { Clock } from "./clock";
import type { HangLimits } from "./limits";
import type { MarkerStore } from "./marker";
import { ledBy } from "./marker";
import { messageOf } from "./log";
import type { Notice, Notices } from "./notices";
import { routesFrom, type Route } from "./routes";
import type { Saying } from "./saying";
import type { Marker, MemberRecord, Ordinal, Report, Role, View } from "./types";

/** What a pod shows of its member; what is absent is left as it is. */
export interface Shown {
  role?: Role;
  /** What it is doing. */
  state?: string;
  /** The same for programs. */
  reason?: Reason;
  notices?: Notice[];
  /** Until when all that was committed is in the backup; empty for what says nothing of it. */
  restorable?: string;
}

/** What a route is written into is made with the stack, and is not there. */
export class MissingRoute extends Error {}

/** The part of the Kubernetes API through which a member is seen. */
export interface Directory {
  /** Labels a pod with its role, and says the rest in annotations. */
  label(ordinal: Ordinal, shown: Shown): Promise<void>;
  /**
   * Publishes addresses behind an endpoint's Service, unless those there are newer.
   * @param still - asked after the present ones were read and before they are replaced.
   * @throws MissingRoute when what it is to be written into is not there.
   */
  route(endpoint: EndpointSpec, route: Route, still: () => Promise<boolean>): Promise<void>;
}

/** What publishing works with. */
export interface PublisherParts {
  directory: Directory;
  markers: MarkerStore;
  /** Asked at the last moment before a route is replaced. */
  stillPrimary: () => Promise<boolean>;
  clock: Clock;
  /** What is the agents' to publish. */
  topology: Topology;
  volumeLimits: HangLimits;
  /** Where it says which routes are not there to be written. */
  notices: Notices;
  /** Told of an operator's choice that was removed. */
  voided: (choice: string) => void;
}

/** Published again after this time even when nothing changed, in case somebody else changed it; ms. */
const AGAIN = 10_000;

/** What a member does for clients at the moment. */
export function roleFor({ status }: Report): Role {
  return status.member === "online" && status.admitted === true ? status.role : "none";
}

/** Makes what clients and operators see follow what the engine says. */
export class Publisher {
  private readonly written = new Map<string, { value: string; at: number }>();
  /** Endpoints whose addresses agents write. */
  private readonly routed: readonly EndpointSpec[];

  constructor(private readonly parts: PublisherParts) {
    this.routed = endpointsBy(parts.topology, "agent");
  }

  /**
   * Publishes a member's own state, and as the one that takes the writes also the routes, the marker and who is missing.
   *
   * @param marker - as last read: what a primary removes from it is removed at once.
   */
  async publish(
    own: Report,
    peers: readonly Report[],
    says: Saying & Pick<Shown, "restorable"> & { notices: Notice[] },
    replicas: number,
    marker?: Marker,
  ): Promise<void> {
    const { status, ordinal, record } = own;
    const role = roleFor(own);
    const { view } = status;
    if (role !== exclusiveRole(this.parts.topology) || !view || !record || record.unconfirmed !== undefined) {
      for (const endpoint of this.routed) this.sayMissing(endpoint, undefined);
      await this.label(ordinal, role, says);
      return;
    }
    const routes = routesFrom(own, view, record.epoch, peers, this.parts.volumeLimits);
    // The routes come first: clients wait for them.
    const writes = this.routed.filter((endpoint) => endpoint.for === "writes");
    const unrouted = await this.route(writes, routes);
    if (unrouted !== undefined) {
      await this.label(ordinal, undefined, says);
      throw unrouted;
    }
    await this.label(ordinal, role, says);
    const others = this.routed.filter((endpoint) => !writes.includes(endpoint));
    const unread = await this.route(others, routes);
    const held = [marker?.recoverFrom, marker?.phase, marker?.holder];
    // Whether others have come to a member that was to go on alone.
    const joined = marker?.alone === true && view.online.length;
    const marked = [record.epoch, view.number, view.primary, view.election, held, joined];
    await this.once("marker", JSON.stringify(marked), () => this.mark(ordinal, record, view, replicas));
    await this.labelMissing(own, replicas);
    if (unread !== undefined) throw unread;
  }

  /** @returns why it could not be published behind one of them, if so */
  private async route(
    endpoints: readonly EndpointSpec[],
    routes: Record<EndpointSpec["for"], Route>,
  ): Promise<Error | undefined> {
    const { directory, stillPrimary } = this.parts;
    let failed: Error | undefined;
    for (const endpoint of endpoints) {
      const route = routes[endpoint.for];
      try {
        await this.once(`route ${endpoint.key}`, JSON.stringify(route), () =>
          directory.route(endpoint, route, stillPrimary),
        );
        this.sayMissing(endpoint, undefined);
      } catch (error) {
        if (error instanceof MissingRoute) this.sayMissing(endpoint, error);
        failed ??= error instanceof Error ? error : new Error(messageOf(error));
      }
    }
    return failed;
  }

  private sayMissing({ key }: EndpointSpec, missing: MissingRoute | undefined): void {
    this.parts.notices.set(
      `route ${key}`,
      missing && {
        severity: "problem",
        text: missing.message,
        advice: "deploy the stack again, which makes it (docs/rights.md)",
      },
    );
  }

  private async label(
    ordinal: Ordinal,
    role: Role | undefined,
    says: Saying & Pick<Shown, "restorable"> & { notices: Notice[] },
  ): Promise<void> {
    const { directory, topology } = this.parts;
    const ours = topology.labelledBy === "agent";
    const shown = { ...(ours && role !== undefined ? { role } : {}), ...says };
    await this.once("own", JSON.stringify(shown), () => directory.label(ordinal, shown));
  }

  /** Writes the membership into the marker, and makes the marker again if somebody deleted it. */
  private async mark(ordinal: Ordinal, record: MemberRecord, view: View, size: number): Promise<void> {
    const { cluster, epoch } = record;
    const { markers, voided } = this.parts;
    const stored = await markers.read();
    if (!stored) {
      if (cluster !== undefined) {
        const follows = record.follows === undefined ? {} : { follows: record.follows };
        await markers.create({ cluster, epoch, phase: "running", holder: ordinal, view, ...follows });
      }
      return;
    }
    const next = ledBy(stored.marker, { cluster, epoch, ordinal, view, size });
    if (!next) return;
    const { recoverFrom } = stored.marker;
    const written = await markers.replace(next, stored.version);
    if (!written) throw new Error("the marker was changed by somebody else");
    if (recoverFrom !== undefined) voided(recoverFrom);
  }

  /** A member that is out of the cluster cannot take its own label off when its node is gone. */
  private async labelMissing(own: Report, replicas: number): Promise<void> {
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const missing = !own.status.view?.members.includes(ordinal);
      const key = `missing-${ordinal}`;
      if (!missing) this.written.delete(key);
      else if (!this.written.has(key)) {
        await this.once(key, "none", () => this.parts.directory.label(ordinal, { role: "none" }));
      }
    }
  }

  private async once(key: string, value: string, write: () => Promise<void>): Promise<void> {
    const last = this.written.get(key);
    if (last?.value === value && this.parts.clock() - last.at < AGAIN) return;
    await write();
    this.written.set(key, { value, at: this.parts.clock() });
  }
}
