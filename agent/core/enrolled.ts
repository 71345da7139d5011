import type { Marker, MemberRecord } from "./types";

/** Whether a member's data is a cluster's, and nothing of it is still to be confirmed. */
export function isSettled(record: MemberRecord | undefined): record is MemberRecord & { cluster: string } {
  return record?.stage === "member" && record.cluster !== undefined && record.unconfirmed === undefined;
}

/** Whether it is the marker's cluster's, of its epoch. */
export function isEnrolled(record: MemberRecord | undefined, marker: Marker | undefined): boolean {
  return isSettled(record) && record.cluster === marker?.cluster && record.epoch === marker.epoch;
}
