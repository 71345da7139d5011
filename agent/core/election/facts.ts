import { isSettled } from "../enrolled";
import type { Marker, Report } from "../types";
import { markerOf } from "../world";
import type { ElectionFacts } from "./parts";

/** What an agent has seen that bears on the election. */
export interface Seen {
  own: Report | undefined;
  marker: Marker | undefined | "unknown";
  replicas: number | undefined;
  stopping: boolean;
}

/** Nothing has been looked at yet. */
const NOTHING: ElectionFacts = {
  wanted: 0,
  member: false,
  holds: false,
  fit: false,
  founder: false,
  alone: false,
  ended: false,
};

/** What it comes to for the election. */
export function factsFrom({ own, marker, replicas, stopping }: Seen): ElectionFacts {
  if (!own) return { ...NOTHING, wanted: replicas ?? 0 };
  const { status, record, ordinal } = own;
  const known = markerOf({ marker });
  const settled = isSettled(record);
  const ours = settled && (known === undefined || known.cluster === record.cluster);
  const holds = ours && status.data === "data";
  const empty = !settled && status.data !== "data" && record?.unconfirmed === undefined;
  const right = known?.phase === "running" && known.holder === ordinal && known.epoch === record?.epoch;
  return {
    wanted: replicas ?? record?.replicas ?? 0,
    member: holds || (empty && known?.phase === "running"),
    holds,
    fit: !stopping && !own.stopping && status.full !== true && (status.stalled ?? 0) === 0,
    founder: holds && right,
    alone: holds && right && known.alone === true,
    ended: status.process === "stopped",
  };
}
