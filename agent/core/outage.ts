import { RECOVER_FROM } from "../../components/protocol/annotations";
import type { Reason } from "../../components/protocol/reasons";
import { byOrdinal } from "./order";
import type { Marker, MemberRecord, Ordinal, Relation, Report, Timings } from "./types";
import { lastView, majority } from "./views";

/** What the decision after a full outage is made from. */
export interface OutageInput {
  self: Ordinal;
  /** The size of the set. */
  replicas: number;
  /** Everyone who answered, oneself included. */
  reports: readonly Report[];
  marker: Marker | undefined;
  /** For how long no running cluster has been seen, in ms. */
  elapsed: number;
  timings: Pick<Timings, "settle" | "grace">;
  compare: (own: string, other: string) => Relation;
}

/** Found the cluster anew, or wait and say for what. */
export type OutageVerdict =
  | { bootstraps: true }
  /** `by`: who bootstraps it instead. */
  | { bootstraps: false; reason: Reason; message: string; by?: Ordinal };

/** A member whose data counts, with the position that it was compared by. */
interface Candidate {
  ordinal: Ordinal;
  position: string;
}

/**
 * Decides whether this member may bootstrap the cluster anew after all members stopped.
 *
 * Two conditions keep it from happening beside a cluster that still runs, and keep every write that
 * a quorum has:
 * 1. a majority of the set has answered that it is in no cluster, be it with data or with an empty
 *    disk, and
 * 2. at least half of the last membership is back with its data, so that the rest cannot have a quorum
 *    of their own.
 *
 * Then the member whose data contains everybody else's is the one to bootstrap it; with equals, the
 * lowest ordinal. A write that only the last primary had on its disk when the power failed everywhere
 * is kept by waiting for that primary: `settle` when it is back and others are missing, `grace` when
 * it is missing itself and its data is not known to be gone.
 */
export function judgeOutage(input: OutageInput): OutageVerdict {
  const { self, replicas, marker } = input;
  const foreign = input.reports.filter((report) => isForeign(report, marker));
  const reports = input.reports.filter((report) => !foreign.includes(report));
  const candidates = candidatesAmong(reports);
  if (candidates.length === 0) {
    const { reason, message } = nothingLeft(input);
    return wait(reason, [message, ...foreign.map(ofAnotherCluster)].join(". "));
  }

  const last = lastView(recordsOf(reports), marker?.view && { epoch: marker.epoch, view: marker.view });
  const present = new Set(candidates.map((candidate) => candidate.ordinal));
  const everyone = last ? last.members : [...Array(replicas).keys()];
  const gone = new Set(reports.filter(isEmpty).map((report) => report.ordinal));
  const missing = everyone.filter((member) => !present.has(member));
  const back = everyone.length - missing.length;

  const answered = new Set([...present, ...gone]);
  if (answered.size < majority(replicas)) {
    return wait(
      "TooFewMembers",
      `${answered.size} of ${replicas} members have answered, ${majority(replicas)} are needed; ` +
        `missing: ${names(without(replicas, answered))}. ${choice(candidates)}`,
    );
  }
  if (back * 2 < everyone.length) {
    return wait(
      "LastMembersMissing",
      `the last membership was ${names(everyone)}; at least half of it must be back with its data, ` +
        `missing: ${names(missing)}. ${choice(candidates)}`,
    );
  }
  const best = superset(candidates, input.compare);
  if (!best) {
    return wait(
      "DataGrownApart",
      `the data of ${names([...present])} has grown apart: none contains all of the others'. ${choice(candidates)}`,
    );
  }
  const awaited = missing.filter((member) => !gone.has(member));
  const primaryMissing = (last?.primaries ?? []).some((member) => awaited.includes(member));
  const patience = awaited.length === 0 ? 0 : primaryMissing ? input.timings.grace : input.timings.settle;
  if (input.elapsed < patience) {
    const who = primaryMissing ? "the last primary among them" : "the last primary is back";
    return wait("WaitsForMissing", `waiting up to ${patience / 1000} s for ${names(awaited)} (${who})`);
  }
  if (best.ordinal === self) return { bootstraps: true };
  const message = `member ${best.ordinal} has the most complete data and bootstraps the cluster anew`;
  return { ...wait("WaitsForBootstrap", message), by: best.ordinal };
}

/** The member whose data contains all others', the lowest ordinal among equals. */
export function superset(
  candidates: readonly Candidate[],
  compare: OutageInput["compare"],
): Candidate | undefined {
  return [...candidates].sort(byOrdinal).find((one) =>
    candidates.every((other) => {
      const relation = compare(one.position, other.position);
      return relation === "equal" || relation === "ahead";
    }),
  );
}

/** Members that can be asked for their data and are in no cluster. */
export function candidatesAmong(reports: readonly Report[]): Candidate[] {
  const result: Candidate[] = [];
  for (const { ordinal, status, stopping } of reports) {
    const idle = status.process === "running" && status.member === "offline" && !stopping;
    if (idle && status.data === "data" && status.position !== undefined) {
      result.push({ ordinal, position: status.position });
    }
  }
  return result.sort(byOrdinal);
}

/** Whether a member answered that its disk holds nothing worth keeping. */
function isEmpty(report: Report): boolean {
  return report.status.data !== "data";
}

/** Whether a member's disk came from elsewhere: what is on it says nothing of this cluster. */
export function isForeign({ record }: Report, marker: Marker | undefined): boolean {
  return marker !== undefined && record?.cluster !== undefined && record.cluster !== marker.cluster;
}

function ofAnotherCluster({ ordinal, record }: Report): string {
  return `The disk of member ${ordinal} belongs to cluster ${record?.cluster ?? ""}: give it its own disk`;
}

function nothingLeft(input: OutageInput): { reason: Reason; message: string } {
  // What is known of a member that has just bootstrapped on an empty disk may be older than that.
  if (input.elapsed < input.timings.settle)
    return wait("NoDataFound", `waiting up to ${input.timings.settle / 1000} s for a member with data`);
  const silent = without(input.replicas, new Set(input.reports.map((report) => report.ordinal)));
  return silent.length > 0
    ? wait("NoDataFound", `a cluster exists, and no member with data has answered; missing: ${names(silent)}`)
    : wait("NoDataLeft", NO_DATA_LEFT);
}

/** Every member has answered that its disk is empty. */
export const NO_DATA_LEFT =
  "a cluster existed, and no disk holds data of it any more: restore a backup, or delete the marker to begin anew";

function choice(candidates: readonly Candidate[]): string {
  return choiceAmong(candidates.map(({ ordinal }) => ordinal));
}

/** What an operator may decide, when these have data and what is missing does not come back. */
export function choiceAmong(ordinals: readonly Ordinal[]): string {
  return (
    `To go on without the rest, annotate the marker with ${RECOVER_FROM}=N, ` +
    `N one of ${names(ordinals)}: what only others have is lost`
  );
}

function recordsOf(reports: readonly Report[]): Map<Ordinal, MemberRecord> {
  const result = new Map<Ordinal, MemberRecord>();
  for (const { ordinal, record } of reports) {
    if (record) result.set(ordinal, record);
  }
  return result;
}

function without(replicas: number, present: ReadonlySet<Ordinal>): Ordinal[] {
  return [...Array(replicas).keys()].filter((ordinal) => !present.has(ordinal));
}

function names(ordinals: readonly Ordinal[]): string {
  return ordinals.length > 0 ? ordinals.join(", ") : "none";
}

function wait(reason: Reason, message: string): { bootstraps: false; reason: Reason; message: string } {
  return { bootstraps: false, reason, message };
}
