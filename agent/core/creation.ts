import { byOrdinal } from "./order";
import { candidatesAmong, superset } from "./outage";
import { bootstrapAs, dataDoesNotFit, membersMissing } from "./rules";
import type { Ordinal, Relation, Report } from "./types";
import { wait, type Wait } from "./world";

/** What the decision about the very first bootstrap is made from. */
export interface CreationInput {
  self: Ordinal;
  replicas: number;
  /** Everyone who answered, oneself included. */
  reports: readonly Report[];
  /**
   * A member that began the first bootstrap and has not been heard of since. Its disk was empty then, and it can confirm nothing
   * any more once the right has passed on.
   */
  lost?: Ordinal | undefined;
  compare: (own: string, other: string) => Relation;
}

/**
 * Decides whether this member may bootstrap the cluster when there is no marker yet, by data that agents compare.
 *
 * No marker does not mean no data: it may have been lost, or the set may have been a single server
 * until now. So every member must have answered, with its server up, before anything is bootstrapped. Data
 * found anywhere is bootstrapped from; only when all disks are empty does the lowest ordinal begin anew.
 */
export function judgeCreation({
  self,
  replicas,
  reports,
  lost,
  compare,
}: CreationInput): { kind: "bootstrap" } | Wait {
  const expected = [...Array(replicas).keys()].filter((ordinal) => ordinal !== lost);
  const missing = membersMissing(expected, reports);
  if (missing) return missing;
  const members = [...reports].filter((report) => report.ordinal < replicas || report.status.data === "data");
  const busy = members.filter((report) => report.status.process !== "running").sort(byOrdinal);
  const holding = members.filter((report) => report.status.data === "data");
  const first = busy.find((report) => holding.length === 0 || report.status.data === "data");
  if (first) return wait("ServersNotUp", `no cluster yet; the server of member ${first.ordinal} is not up`);
  if (holding.length === 0) return bootstrapAs(self, expected[0]);
  const candidates = candidatesAmong(holding);
  if (candidates.length < holding.length) {
    return wait("ServersNotUp", "no cluster yet; not all members with data are ready");
  }
  const clusters = new Set(holding.map((report) => report.record?.cluster ?? ""));
  const best = clusters.size === 1 ? superset(candidates, compare) : undefined;
  if (!best) return dataDoesNotFit(candidates.map(({ ordinal }) => ordinal));
  return bootstrapAs(self, best.ordinal, "has data and ");
}
