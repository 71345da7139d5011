import { exclusiveRole, type Topology } from "../../components/protocol/topology";
import type { Report } from "../../agent/core/types";
import { momentOf } from "../words/spans";
import type { Pod } from "../kube/objects";
import { type Finding, notice } from "./findings";
import type { Observed } from "./observe";

/** A member of a ring, as the ring has it. */
export interface RingStatus {
  /** In `nodetool`'s words: `UN` is up, `DN` away, `UJ` joins; `UN/DN` where the others do not agree; `-` is in no ring. */
  state: string;
  /** The rack that it counts to. */
  rack?: string;
  /** Part of the application's rows that it has copies of. */
  sharePercent?: number;
  /** Files of writes that it keeps for members that were away. */
  hintFiles?: number;
  /** When the last repair of its part ended, as `2026-01-31T10:15:00Z`; absent where none did. */
  repairedAt?: string;
}

/** What others and a member itself say of its place in the ring; nothing where its database is none. */
export function ringStatus(
  pod: Pod,
  pods: readonly Pod[],
  topology: Topology,
  observed: Observed,
): RingStatus | undefined {
  if (!isRing(topology)) return undefined;
  const own = observed.reports[pod.metadata.name];
  const { share, hints, repaired, racks } = own?.status.standing ?? {};
  const rack = racks?.[ordinalOf(pod)];
  return {
    state: stateOf(pod, pods, observed),
    ...(rack === undefined ? {} : { rack }),
    ...(share === undefined ? {} : { sharePercent: share }),
    ...(hints === undefined ? {} : { hintFiles: hints }),
    ...(repaired === undefined ? {} : { repairedAt: momentOf(repaired) }),
  };
}

/** Members of which some others say that they are up and some that they are away: the network between them is cut, or was just now. */
export function ringFindings(pods: readonly Pod[], topology: Topology, observed: Observed): Finding[] {
  if (!isRing(topology)) return [];
  return pods.flatMap((pod) => {
    const [up, away] = seen(pod, pods, observed);
    if (up.length === 0 || away.length === 0) return [];
    const { name } = pod.metadata;
    return notice(
      name,
      `${names(up)} of its ring can reach it, and ${names(away)} cannot`,
      "look again in half a minute; if it says so still, look at the network between their nodes",
    );
  });
}

function names(reports: readonly Report[]): string {
  return `member${reports.length === 1 ? "" : "s"} ${reports.map(({ ordinal }) => ordinal).join(", ")}`;
}

function isRing(topology: Topology): boolean {
  return exclusiveRole(topology) === undefined;
}

function stateOf(pod: Pod, pods: readonly Pod[], observed: Observed): string {
  const [up, away] = seen(pod, pods, observed);
  if (up.length > 0 && away.length > 0) return "UN/DN";
  if (away.length > 0) return "DN";
  const { status } = observed.reports[pod.metadata.name] ?? {};
  if (up.length > 0 || status?.member === "online") return "UN";
  return status === undefined || status.process === "stopped" ? "-" : "UJ";
}

/** The other members that count one as up, and those that count it as away. */
function seen(pod: Pod, pods: readonly Pod[], { reports }: Observed): [Report[], Report[]] {
  const ordinal = ordinalOf(pod);
  const counting = pods.flatMap((other) => {
    const report = other === pod ? undefined : reports[other.metadata.name];
    return report?.status.view?.members.includes(ordinal) === true ? [report] : [];
  });
  const isUp = ({ status }: Report): boolean => status.view?.online.includes(ordinal) === true;
  return [counting.filter(isUp), counting.filter((report) => !isUp(report))];
}

function ordinalOf({ metadata: { name } }: Pod): number {
  return Number(/\d+$/.exec(name)?.[0]);
}
