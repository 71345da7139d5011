import type { Clock } from "./clock";
import type { MarkerStore } from "./marker";
import { withView } from "./marker";
import { routesFrom, type Route } from "./routes";
import type { MemberRecord, Ordinal, Report, Role, View } from "./types";

/** The part of the Kubernetes API through which a member is seen. */
export interface Directory {
  /** Labels a pod with its role, and says in an annotation what it is doing; `undefined` leaves either as it is. */
  label(ordinal: Ordinal, role: Role | undefined, state: string | undefined): Promise<void>;
  /**
   * Publishes addresses behind a Service, unless those there are newer.
   * @param still - asked after the present ones were read and before they are replaced.
   */
  route(kind: "primary" | "replicas", route: Route, still: () => Promise<boolean>): Promise<void>;
}

/** Published again after this time even when nothing changed, in case somebody else changed it; ms. */
const AGAIN = 10_000;

/** Makes what clients and operators see follow what the engine says. */
export class Publisher {
  private readonly written = new Map<string, { value: string; at: number }>();

  constructor(
    private readonly directory: Directory,
    private readonly markers: MarkerStore,
    private readonly stillPrimary: () => Promise<boolean>,
    private readonly clock: Clock,
    /** Whether the engine shows by itself who its primary is: by address and by label. */
    private readonly governs = false,
  ) {}

  /** Publishes a member's own state, and as the primary also the routes, the marker and who is missing. */
  async publish(own: Report, peers: readonly Report[], state: string, replicas: number): Promise<void> {
    const { status, ordinal, record } = own;
    const serving = status.member === "online" && status.admitted === true;
    const role = serving ? status.role : "none";
    const { view } = status;
    // The routes come first: clients wait for them.
    if (role === "primary" && view && record && record.unconfirmed === undefined) {
      const { primary, replicas: readable } = routesFrom(own, view, record.epoch, peers);
      if (!this.governs) {
        await this.once("primary", JSON.stringify(primary), () =>
          this.directory.route("primary", primary, this.stillPrimary),
        );
      }
      await this.label(ordinal, role, state);
      await this.once("replicas", JSON.stringify(readable), () =>
        this.directory.route("replicas", readable, this.stillPrimary),
      );
      await this.once(
        "marker",
        JSON.stringify([record.epoch, view.number, view.primary, view.election]),
        () => this.mark(ordinal, record, view),
      );
      await this.labelMissing(own, replicas);
      return;
    }
    await this.label(ordinal, role, state);
  }

  private async label(ordinal: Ordinal, role: Role, state: string): Promise<void> {
    const shown = this.governs ? undefined : role;
    await this.once("own", `${shown ?? ""} ${state}`, () => this.directory.label(ordinal, shown, state));
  }

  /** Writes the membership into the marker, and makes the marker again if somebody deleted it. */
  private async mark(ordinal: Ordinal, record: MemberRecord, view: View): Promise<void> {
    const { cluster, epoch } = record;
    const stored = await this.markers.read();
    if (!stored) {
      if (cluster !== undefined) {
        await this.markers.create({ cluster, epoch, phase: "running", holder: ordinal, view });
      }
      return;
    }
    const next = withView(stored.marker, epoch, view);
    if (next) await this.markers.replace(next, stored.version);
  }

  /** A member that is out of the cluster cannot take its own label off when its node is gone. */
  private async labelMissing(own: Report, replicas: number): Promise<void> {
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const missing = !own.status.view?.members.includes(ordinal);
      const key = `missing-${ordinal}`;
      if (!missing) this.written.delete(key);
      else if (!this.written.has(key)) {
        await this.once(key, "none", () => this.directory.label(ordinal, "none", undefined));
      }
    }
  }

  private async once(key: string, value: string, write: () => Promise<void>): Promise<void> {
    const last = this.written.get(key);
    if (last?.value === value && this.clock() - last.at < AGAIN) return;
    await write();
    this.written.set(key, { value, at: this.clock() });
  }
}
