import { REASON } from "../../../../../components/protocol/annotations";
import { ROLE_LABEL } from "../../../../../components/protocol/labels";
import { type EndpointSpec, serviceOf } from "../../../../../components/protocol/topology";
import type { ApiObject } from "../../../../../operate/kube/kubectl";
import type { Pod } from "../../../../../operate/kube/objects";
import type { WatchEvent } from "../../cluster/watch";
import { type Attempt, isAcknowledged, MAIN } from "../../traffic/attempts";
import type { Verdict } from "../../validate/verdict";
import type { Run } from "../results";

/** How fine attempts are counted, ms. */
export const BUCKET_MS = 100;
/** What is kept from before the fault, and from after all was well again, s. */
const BEFORE_SECONDS = 3;
const AFTER_SECONDS = 5;
/** A picture shows no more of a long recovery, s. */
const AT_MOST_SECONDS = 120;

/** What is so from a moment on, until the next change. */
export type Change<T> = T & { at: number };

/** What a member shows on its pod; both are absent while it has none. */
export interface Shown {
  role?: string;
  reason?: string;
}

/** Members that a Service's addresses lead to, by ordinal; -1 is an address that is no member's. */
export interface Lead {
  leadsTo: number[];
}

/** The course of one run. All times are seconds after the fault's beginning. */
export interface Timeline extends Pick<
  Run,
  "engine" | "fault" | "setup" | "commit" | "at" | "writeGapSeconds" | "recoveredSeconds"
> {
  /** What is shown begins and ends there. */
  from: number;
  to: number;
  /**
   * Attempts of all clients through the database's name, by the tenth of a second in which their outcome was known: the
   * tenth's number counted from the fault, how many were acknowledged, and how many were not. Tenths with neither are left out.
   */
  writes: [bucket: number, acknowledged: number, failed: number][];
  /** By ordinal. */
  members: Change<Shown>[][];
  /** By what follows the database's name in that of the Service. */
  routes: { suffix: string; changes: Change<Lead>[] }[];
}

/** An object that lists a Service's addresses. */
export interface EndpointSlice extends ApiObject {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean | null } }[] | null;
}

/** What was heard and seen while a run went on. */
export interface Heard {
  /** Name of the database, and of its pods by ordinal. */
  database: string;
  pods: string[];
  /** The names that are watched. */
  endpoints: readonly Pick<EndpointSpec, "suffix">[];
  attempts: Attempt[];
  /** ms since 1970, by the clock that the writers have too. */
  faultAt: number;
  podEvents: readonly WatchEvent<Pod>[];
  sliceEvents: readonly WatchEvent<EndpointSlice>[];
}

/** Which run it was. */
export type Head = Pick<Timeline, "engine" | "fault" | "setup" | "commit" | "at">;

/** Sums up what was heard during a run. */
export function timelineOf(head: Head, verdict: Verdict, heard: Heard): Timeline {
  const { writeGapSeconds, recoveredSeconds } = verdict;
  const span = {
    from: -BEFORE_SECONDS,
    to: Math.min(AT_MOST_SECONDS, Math.ceil(Math.max(writeGapSeconds, recoveredSeconds)) + AFTER_SECONDS),
  };
  return {
    ...head,
    ...{ writeGapSeconds, recoveredSeconds },
    ...span,
    writes: bucketsOf(heard, span),
    members: heard.pods.map((pod) => changesWithin(span, shownBy(pod, heard))),
    routes: heard.endpoints.map(({ suffix }) => ({
      suffix,
      changes: changesWithin(span, leadsOf(serviceOf(heard.database, { suffix }), heard)),
    })),
  };
}

interface Span {
  from: number;
  to: number;
}

function bucketsOf({ attempts, faultAt }: Heard, { from, to }: Span): Timeline["writes"] {
  const buckets = new Map<number, [number, number]>();
  for (const attempt of attempts.filter(({ through }) => through === MAIN)) {
    const bucket = Math.floor((attempt.end - faultAt) / BUCKET_MS);
    if (bucket * BUCKET_MS < from * 1000 || bucket * BUCKET_MS >= to * 1000) continue;
    const counts = buckets.get(bucket) ?? [0, 0];
    counts[isAcknowledged(attempt) ? 0 : 1]++;
    buckets.set(bucket, counts);
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([bucket, counts]) => [bucket, ...counts]);
}

function shownBy(pod: string, { podEvents, faultAt }: Heard): Change<Shown>[] {
  return podEvents
    .filter(({ object }) => object.metadata.name === pod)
    .map(({ type, object: { metadata }, at }) => {
      if (type === "DELETED") return { at: secondsAfter(faultAt, at) };
      const { [ROLE_LABEL]: role } = metadata.labels ?? {};
      const { [REASON]: reason } = metadata.annotations ?? {};
      return { at: secondsAfter(faultAt, at), role: role ?? "none", ...(reason ? { reason } : {}) };
    });
}

function leadsOf(service: string, { pods, podEvents, sliceEvents, faultAt }: Heard): Change<Lead>[] {
  const members = new Map(
    podEvents.flatMap(({ object: { metadata, status } }): [string, number][] =>
      status.podIP === undefined ? [] : [[status.podIP, pods.indexOf(metadata.name)]],
    ),
  );
  // A Service has several slices: one for each family of addresses.
  const slices = new Map<string, number[]>();
  return sliceEvents
    .filter(({ object: { metadata } }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .map(({ type, object, at }) => {
      const ready = (object.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      const to = ready.flatMap(({ addresses }) => addresses.map((address) => members.get(address) ?? -1));
      slices.set(object.metadata.name, type === "DELETED" ? [] : to);
      const all = [...new Set([...slices.values()].flat())].sort((a, b) => a - b);
      return { at: secondsAfter(faultAt, at), leadsTo: all };
    });
}

/** What changes within a span: the first says what was so before it, and what stays as it is is said once. */
function changesWithin<T>({ from, to }: Span, heard: Change<T>[]): Change<T>[] {
  const before = heard.findLast(({ at }) => at <= from);
  const within = heard.filter(({ at }) => at > from && at < to);
  const all = before === undefined ? within : [{ ...before, at: from }, ...within];
  const said = (change: Change<T>): string => JSON.stringify({ ...change, at: 0 });
  return all.filter((change, index) => {
    const former = all[index - 1];
    return former === undefined || said(former) !== said(change);
  });
}

function secondsAfter(faultAt: number, at: number): number {
  return Math.round((at - faultAt) / 10) / 100;
}
