import { isExclusive } from "../../components/protocol/topology";
import type { Clock } from "./clock";
import { messageOf, type Log } from "./log";
import type { MarkerStore } from "./marker";
import type { RecordFile } from "./record";
import type { Marker, Report } from "./types";
import { markerOf } from "./world";

/** For how long an answer of the API server is good enough, ms. */
const FRESH = { serving: 10_000, leading: 3_000, waiting: 1_000 };

/** What is asked of the API server, and what remembers the size where that does not answer. */
export interface SetStateParts {
  /** The size of the set. Rejects when the API server cannot be asked. */
  replicas: () => Promise<number>;
  markers: MarkerStore;
  record: Pick<RecordFile, "value">;
  clock: Clock;
  log: Log;
}

/** The set's size and its marker, as the API server last said. */
export class SetState {
  /** The size of the set; `undefined` while it has never been known. */
  replicas: number | undefined;
  /** `undefined`: there is none. `unknown`: the API server did not say. */
  marker: Marker | undefined | "unknown" = "unknown";
  private replicasAt = -Infinity;
  private markerAt = -Infinity;

  constructor(private readonly parts: SetStateParts) {}

  /** The marker, where it is known and there is one. */
  get knownMarker(): Marker | undefined {
    return markerOf(this);
  }

  /** The size of the set, or what it was when this member last knew; 0 when it never has. */
  get size(): number {
    return this.replicas ?? this.remembered;
  }

  /** No fewer than the set has or had, so that all are asked that there may be. */
  get most(): number {
    return Math.max(this.replicas ?? 0, this.remembered);
  }

  private get remembered(): number {
    return this.parts.record.value?.replicas ?? 0;
  }

  /** @param now - a size that was asked for a moment ago will not do. */
  async learnReplicas(now = false): Promise<void> {
    const { clock, replicas, log } = this.parts;
    const fresh = clock() - this.replicasAt < FRESH.serving && this.replicas !== undefined;
    if (fresh && !now) return;
    this.replicasAt = clock();
    try {
      const wanted = await replicas();
      // Where none is wanted, all are to stop, and to come back: a majority of them is still one of as many.
      this.replicas = wanted > 0 ? wanted : (this.replicas ?? (this.remembered || undefined));
    } catch (error) {
      this.replicas ??= this.remembered || undefined;
      log("warning", "cannot ask for the size of the set", { error: messageOf(error) });
    }
  }

  /** This member has just written it. */
  know(marker: Marker): void {
    this.marker = marker;
  }

  async learnMarker({ status }: Report): Promise<void> {
    const { clock, markers, log } = this.parts;
    const serving = status.member === "online" && status.admitted === true;
    // Clients wait while a copy of another database is promoted.
    const leading = !isExclusive(status.role)
      ? FRESH.serving
      : this.knownMarker?.follows === "source"
        ? FRESH.waiting
        : FRESH.leading;
    if (clock() - this.markerAt < (serving ? leading : FRESH.waiting)) return;
    this.markerAt = clock();
    try {
      this.marker = (await markers.read())?.marker;
    } catch (error) {
      if (this.marker !== "unknown") log("warning", "cannot read the marker", { error: messageOf(error) });
      this.marker = "unknown";
    }
  }
}
