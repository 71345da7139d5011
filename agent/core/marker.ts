import type { Marker, Ordinal, Report, View } from "./types";

/**
 * The marker's life, as pure steps. Each step is written with the version that it was read at, so
 * that of two members who take the same step only one succeeds.
 */

/** A marker as the API server holds it: `version` must be unchanged when it is replaced. */
export interface StoredMarker {
  marker: Marker;
  version: string;
}

/** Where the marker is kept. */
export interface MarkerStore {
  /** Reads it; `undefined` when there is none. Rejects when that cannot be known. */
  read(): Promise<StoredMarker | undefined>;
  /** Makes it; `undefined` when somebody else was first. */
  create(marker: Marker): Promise<StoredMarker | undefined>;
  /** Replaces it; `undefined` when it changed since it was read. */
  replace(marker: Marker, version: string): Promise<StoredMarker | undefined>;
}

/**
 * The first marker: the right to found the cluster for the first time.
 *
 * @param before - the last epoch that anything is left of, after the marker was deleted: a later one must follow.
 */
export function firstMarker(cluster: string, holder: Ordinal, before = 0): Marker {
  return { cluster, epoch: before + 1, first: true, phase: "founding", holder };
}

/** Takes the right to found the cluster once more. The operator's choice, if any, is used up. */
export function claim(marker: Marker, holder: Ordinal): Marker {
  // The right to a first founding that never came about passes on within its epoch.
  const epoch = marker.phase === "founding" ? marker.epoch : marker.epoch + 1;
  return { ...marker, recoverFrom: undefined, epoch, phase: "founding", holder };
}

/**
 * The founding is done: from now on clients may be let in. `undefined` when the right has passed to
 * somebody else in the meantime; what was founded must then be given up.
 */
export function confirm(marker: Marker, holder: Ordinal, epoch: number, view?: View): Marker | undefined {
  if (marker.holder !== holder || marker.epoch !== epoch || marker.phase !== "founding") return undefined;
  return { ...marker, first: undefined, phase: "running", ...(view ? { view } : {}) };
}

/**
 * Whether a member's founding was confirmed, and the member ended before it wrote that down: its data is worthless, it
 * let nobody in, and nobody can have joined it.
 */
export function isUnrecorded(marker: Marker, { ordinal, record, status }: Report): boolean {
  const mine = marker.phase === "running" && marker.holder === ordinal;
  return mine && record?.unconfirmed === marker.epoch && status.data !== "data";
}

/** The marker with the membership that a primary sees, or `undefined` when it says so already. */
export function withView(marker: Marker, epoch: number, view: View): Marker | undefined {
  if (marker.phase !== "running" || marker.epoch !== epoch) return undefined;
  const old = marker.view;
  if (old && old.number > view.number) return undefined;
  const same = old?.number === view.number && old.primary === view.primary && old.election === view.election;
  if (same) return undefined;
  return { ...marker, view };
}

/**
 * Reads a marker's text form.
 * @throws Error when it is not one; a marker that cannot be read is never taken for absent.
 */
export function parseMarker(text: string): Marker {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("the marker is not an object");
  const marker = value as Partial<Marker>;
  const sound =
    typeof marker.cluster === "string" &&
    Number.isInteger(marker.epoch) &&
    Number.isInteger(marker.holder) &&
    (marker.phase === "founding" || marker.phase === "running");
  if (!sound) throw new Error(`the marker is damaged: ${text.slice(0, 200)}`);
  return value as Marker;
}
