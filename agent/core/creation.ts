import { byOrdinal } from "./order";
import { candidatesAmong, superset, type OutageVerdict } from "./outage";
import type { Ordinal, Relation, Report } from "./types";

/** What the decision about the very first founding is made from. */
export interface CreationInput {
  self: Ordinal;
  replicas: number;
  /** Everyone who answered, oneself included. */
  reports: readonly Report[];
  /**
   * A member that began the first founding and has not been heard of since. Its disk was empty then, and it can confirm nothing
   * any more once the right has passed on.
   */
  lost?: Ordinal | undefined;
  compare: (own: string, other: string) => Relation;
}

/**
 * Decides whether this member may found the cluster when there is no marker yet.
 *
 * No marker does not mean no data: it may have been lost, or the set may have been a single server
 * until now. So every member must have answered, with its server up, before anything is founded. Data
 * found anywhere is founded upon; only when all disks are empty does the lowest ordinal begin anew.
 */
export function judgeCreation({ self, replicas, reports, lost, compare }: CreationInput): OutageVerdict {
  const answered = new Map(reports.map((report) => [report.ordinal, report]));
  const expected = [...Array(replicas).keys()].filter((ordinal) => ordinal !== lost);
  const silent = expected.filter((ordinal) => !answered.has(ordinal));
  if (silent.length > 0) {
    return wait(
      `no cluster yet; all members must answer before it is founded, missing: ${silent.join(", ")}`,
    );
  }
  const members = [...reports].filter((report) => report.ordinal < replicas || report.status.data === "data");
  const busy = members.filter((report) => report.status.process !== "running").sort(byOrdinal);
  const holding = members.filter((report) => report.status.data === "data");
  const first = busy.find((report) => holding.length === 0 || report.status.data === "data");
  if (first) return wait(`no cluster yet; the server of member ${first.ordinal} is not up`);
  if (holding.length === 0) {
    const [lowest] = expected;
    return self === lowest ? { found: true } : wait(`no cluster yet; member ${lowest ?? 0} founds it`);
  }
  const candidates = candidatesAmong(holding);
  if (candidates.length < holding.length) return wait("no cluster yet; not all members with data are ready");
  const clusters = new Set(holding.map((report) => report.record?.cluster ?? ""));
  const best = clusters.size === 1 ? superset(candidates, compare) : undefined;
  if (!best) {
    return wait(
      "there is no marker, and the disks of members " +
        `${candidates.map((candidate) => candidate.ordinal).join(", ")} hold data that does not fit together: ` +
        "move away the wrong ones",
    );
  }
  return best.ordinal === self
    ? { found: true }
    : wait(`no cluster yet; member ${best.ordinal} has data and founds it`);
}

function wait(reason: string): OutageVerdict {
  return { found: false, reason };
}
