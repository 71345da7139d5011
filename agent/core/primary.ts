import { isExclusive } from "../../components/protocol/topology";
import type { Report } from "./types";

/** Whether a member is the primary, and serves as such. */
export function isPrimary({ status }: Report): boolean {
  return status.member === "online" && isExclusive(status.role);
}

/** Whether one of them is. */
export function primaryAmong(reports: readonly Report[]): boolean {
  return reports.some(isPrimary);
}
