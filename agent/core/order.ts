import { isExclusive } from "../../components/protocol/topology";
import { isHung } from "./hung";
import type { HangLimits } from "./limits";
import type { Ordinal, Report } from "./types";

/** Sorts by ordinal, lowest first. */
export function byOrdinal(a: { ordinal: Ordinal }, b: { ordinal: Ordinal }): number {
  return a.ordinal - b.ordinal;
}

/**
 * Members to copy from, best first: the one just before, then the nearest other replica below, then
 * those above, and the primary only when nobody else is there.
 */
export function donors(self: Ordinal, reports: readonly Report[], limits: HangLimits): Ordinal[] {
  const online = reports.filter(
    (report) =>
      report.ordinal !== self &&
      report.status.member === "online" &&
      !report.stopping &&
      !isHung(report, limits),
  );
  const rank = (report: Report): number => {
    const primary = isExclusive(report.status.role) ? 10_000 : 0;
    const above = report.ordinal > self ? 1_000 : 0;
    return primary + above + Math.abs(self - report.ordinal);
  };
  return online.sort((a, b) => rank(a) - rank(b)).map((report) => report.ordinal);
}

/**
 * The lower ordinal that this one lets go first, if any: copies are made one after the other, since a
 * donor serves one at a time and a member that is being copied to cannot be a donor.
 */
export function ahead(self: Ordinal, reports: readonly Report[]): Ordinal | undefined {
  const busy = reports.filter(
    ({ ordinal, activity, status, stopping }) =>
      ordinal < self &&
      !stopping &&
      (activity === "cloning" || activity === "joining" || status.member === "joining"),
  );
  return busy.sort(byOrdinal).at(0)?.ordinal;
}
