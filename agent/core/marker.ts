import type { FollowState } from "../../components/protocol/follow";
import type { Marker, Ordinal, Report, View } from "./types";
import { majority } from "./views";

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
 * The first marker: the right to bootstrap the cluster for the first time.
 *
 * @param after - `before`: the last epoch that anything is left of, after the marker was deleted, since a later one must follow.
 *   `follows`: whether it begins as a copy of another database.
 */
export function firstMarker(
  cluster: string,
  holder: Ordinal,
  {
    before = 0,
    empty = false,
    follows,
  }: { before?: number; empty?: boolean; follows?: FollowState | undefined } = {},
): Marker {
  return {
    ...{ cluster, epoch: before + 1, first: true, phase: "founding", holder },
    ...(empty ? { empty } : {}),
    ...(follows === undefined ? {} : { follows }),
  };
}

/**
 * Takes the right to bootstrap the cluster once more. An operator's choice is used up, or void.
 *
 * @param chosen - whether it is taken by such a choice.
 */
export function claim(marker: Marker, holder: Ordinal, chosen = false): Marker {
  // The right to a bootstrap that never came about passes on within its epoch.
  const { epoch, ...going } = marker;
  const again = marker.phase === "founding";
  const alone = chosen || (again && marker.holder === holder && marker.alone === true);
  const next = { ...unchosen(going), epoch: again ? epoch : epoch + 1, phase: "founding" as const, holder };
  return alone ? { ...next, alone } : without(next, "alone");
}

/** The marker without an operator's choice. */
export function unchosen<T extends Pick<Marker, "recoverFrom">>(marker: T): T {
  return without(marker, "recoverFrom");
}

function without<T extends object>(marker: T, key: keyof Marker): T {
  return Object.fromEntries(Object.entries(marker).filter(([name]) => name !== key)) as T;
}

/**
 * The bootstrap is done: from now on clients may be let in. `undefined` when the right has passed to
 * somebody else in the meantime; what was bootstrapped must then be given up.
 */
export function confirm(
  marker: Marker,
  holder: Ordinal,
  epoch: number,
  { view, initial }: Pick<Marker, "view" | "initial"> = {},
): Marker | undefined {
  if (marker.holder !== holder || marker.epoch !== epoch || marker.phase !== "founding") return undefined;
  return {
    ...{ ...marker, first: undefined, empty: undefined, phase: "running" },
    ...(view ? { view } : {}),
    ...(initial === undefined ? {} : { initial }),
  };
}

/**
 * Whether a member's bootstrap was confirmed, and the member ended before it wrote that down: its data is worthless, it
 * let nobody in, and nobody can have joined it.
 */
export function isUnrecorded(marker: Marker, { ordinal, record, status }: Report): boolean {
  const mine = marker.phase === "running" && marker.holder === ordinal;
  return mine && record?.unconfirmed === marker.epoch && status.data !== "data";
}

/** A primary that serves, and the cluster that it is the primary of. */
export interface Lead {
  cluster: string | undefined;
  epoch: number;
  ordinal: Ordinal;
  view: View;
  /** The size of the set; 0 while it is not known. */
  size: number;
}

function isFollowed({ view, size }: Lead): boolean {
  return size > 0 && view.online.length >= majority(size);
}

/**
 * The marker as a primary that serves leaves it, or `undefined` when it is so already: with the membership that it sees, and
 * without an operator's choice, for there is nothing to recover from. What a member may do by such a choice it may until a majority has its
 * data: after that, others have acknowledged what it need not have.
 */
export function ledBy(marker: Marker, lead: Lead): Marker | undefined {
  const { epoch, view } = lead;
  const marked = marker.phase === "founding" ? released(marker, lead) : marker;
  const held = marked && isFollowed(lead) ? without(marked, "alone") : marked;
  if (held?.epoch !== epoch) return undefined;
  const old = held.view;
  if (old && old.number > view.number) return undefined;
  const same = old?.number === view.number && old.primary === view.primary && old.election === view.election;
  if (same && held.alone === marker.alone && marked === marker && marker.recoverFrom === undefined)
    return undefined;
  return { ...unchosen(held), view };
}

/**
 * Takes back a right to bootstrap the cluster anew that was given although it runs on in the epoch before. Its holder then
 * fails to confirm what it bootstraps. `undefined` where there is no such right: a first bootstrap, or a cluster that was
 * overtaken before.
 */
export function released(
  marker: Marker,
  { cluster, epoch, ordinal }: Omit<Lead, "view" | "size">,
): Marker | undefined {
  const astray = marker.phase === "founding" && marker.first !== true && marker.epoch === epoch + 1;
  if (!astray || marker.cluster !== cluster) return undefined;
  return { ...without(unchosen(marker), "alone"), epoch, phase: "running", holder: ordinal };
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
