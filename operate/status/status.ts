import { ROLE_LABEL } from "../../components/protocol/labels";
import type { Topology } from "../../components/protocol/topology";
import { table } from "../../render/table";
import type { Pod } from "../kube/objects";
import { restorableOf } from "./backup-trouble";
import { diagnose, membersOf, memberState } from "./diagnose";
import { lastEvent, shorten } from "./events";
import { describeFindings, type Finding } from "./findings";
import type { Observed } from "./observe";
import { claimOf, isReady } from "./pod-words";
import { podTrouble } from "./pod-trouble";
import { sharesDisk } from "./usage";
import { type RingStatus, ringStatus } from "./ring";
import { type ScheduleStatus, scheduleRow, SCHEDULE_HEADING, schedulesOf } from "./schedules";
import { isStopped, membersOfSet } from "./stopped";

/** One member of a database, in words. */
export interface MemberStatus {
  pod: string;
  node: string;
  role: string;
  ready: boolean;
  state: string;
  /** How far it is behind the primary; nothing where that is not known, or it is the primary. */
  lag?: string;
  volume: { size: string; used: string };
  /** How it stands in its ring; nothing where its database is none. */
  ring?: RingStatus;
  lastEvent?: string;
}

/** One database, in words. */
export interface DatabaseStatus {
  name: string;
  engine: string;
  replicas: number;
  ready: number;
  /** How many members it had, where it is stopped: paused, or by hand. Absent where it runs, or is not deployed. */
  stopped?: number;
  /** Which moments can be restored: `14 d … 6 s` ago, `none`, or what is the matter. */
  restorable: string;
  members: MemberStatus[];
}

/** A stack, in words. */
export interface StackStatus {
  stack: string;
  namespace: string;
  healthy: boolean;
  databases: DatabaseStatus[];
  applications: { name: string; replicas: number; available: number }[];
  /** Applications that run by a schedule. */
  schedules: ScheduleStatus[];
  findings: Finding[];
}

/** Puts what was observed into words. */
export function statusOf(observed: Observed): StackStatus {
  const findings = diagnose(observed);
  return {
    stack: observed.stack,
    namespace: observed.namespace,
    healthy: findings.every(({ severity }) => severity !== "problem"),
    databases: observed.databases.map(({ name, engine, topology }) => {
      const pods = membersOf(name, observed);
      const set = observed.sets.find(({ metadata }) => metadata.name === name);
      return {
        name,
        engine,
        replicas: set ? (set.spec.replicas ?? 1) : 0,
        ready: pods.filter(isReady).length,
        ...(set && isStopped(set) ? { stopped: membersOfSet(set, observed) } : {}),
        restorable: restorableOf(name, pods, observed),
        members: pods.map((pod) => memberStatus(pod, pods, topology, observed)),
      };
    }),
    applications: observed.deployments
      .filter(({ metadata }) => metadata.name in observed.wanted)
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        replicas: spec.replicas ?? 1,
        available: status?.availableReplicas ?? 0,
      })),
    schedules: schedulesOf(observed),
    findings,
  };
}

function memberStatus(pod: Pod, pods: readonly Pod[], topology: Topology, observed: Observed): MemberStatus {
  const { name, labels } = pod.metadata;
  const trouble = podTrouble(pod, observed);
  return {
    pod: name,
    node: pod.spec.nodeName ?? "none",
    role: isReady(pod) ? (labels?.[ROLE_LABEL] ?? "none") : "none",
    ready: isReady(pod),
    state: memberState(pod, trouble),
    lag: observed.reports[name]?.lag,
    volume: volumeStatus(claimOf(pod), observed),
    ring: ringStatus(pod, pods, topology, observed),
    lastEvent: lastEvent(observed.events, pod, Date.parse(observed.at)),
  };
}

function volumeStatus(claimName: string | undefined, observed: Observed): { size: string; used: string } {
  const claim = observed.claims.find(({ metadata }) => metadata.name === claimName);
  if (!claim) return { size: "none", used: "unknown" };
  const size = claim.status?.capacity?.storage ?? `${claim.spec.resources.requests.storage} wanted`;
  const use = observed.usage[claim.metadata.name];
  if (use === undefined) return { size, used: "unknown" };
  const share = `${Math.round((use.usedBytes / use.capacityBytes) * 100)} %`;
  return { size, used: sharesDisk(use, size) ? `${share} of its disk` : share };
}

/** A stack's status as a person wants to see it. */
export function describeStatus({
  namespace,
  databases,
  applications,
  schedules,
  findings,
  healthy,
}: StackStatus): string {
  const parts = [`namespace ${namespace}`, ...databases.map(describeDatabase)];
  const apps = applications.map(({ name, replicas, available }) => [name, `${available} of ${replicas}`]);
  if (apps.length > 0) parts.push(table(["APPLICATION", "AVAILABLE"], apps));
  if (schedules.length > 0) parts.push(table(SCHEDULE_HEADING, schedules.map(scheduleRow)));
  if (findings.length > 0) parts.push(describeFindings(findings));
  parts.push(healthy ? "All is well." : "Something is wrong: see above.");
  return parts.join("\n\n");
}

/** Longest cell of the columns that hold sentences; the whole sentence stands below the table. */
const LONGEST_CELL = 44;

function describeDatabase(database: DatabaseStatus): string {
  const { name, engine, replicas, ready, stopped, restorable, members } = database;
  if (stopped !== undefined && members.length === 0) {
    const data = stopped === 0 ? "" : `, with the data of ${stopped} member${stopped === 1 ? "" : "s"}`;
    const moments = restorable === "none" ? "" : `; restorable: ${restorable}`;
    return `${name} (${engine}): stopped${data}${moments}`;
  }
  if (replicas === 0 && stopped === undefined) return `${name} (${engine}): not deployed`;
  const { heading, cells } = members.some(({ ring }) => ring !== undefined) ? RING : PRIMARY;
  const rows = members.map((member, index) => [
    member.pod,
    member.node,
    member.role,
    shorten(member.state, LONGEST_CELL),
    ...cells(member),
    member.volume.size,
    member.volume.used,
    // Of the database as a whole.
    index === 0 ? restorable : "",
    shorten(member.lastEvent ?? "-", LONGEST_CELL),
  ]);
  const columns = ["POD", "NODE", "ROLE", "STATE", ...heading, "VOLUME", "USED", "RESTORABLE", "LAST EVENT"];
  return `${name} (${engine}): ${ready} of ${replicas} ready\n\n${table(columns, rows)}`;
}

/** Columns between a member's state and its volume. */
interface Columns {
  heading: string[];
  cells: (member: MemberStatus) => string[];
}

const PRIMARY: Columns = { heading: ["LAG"], cells: ({ lag }) => [lag ?? "-"] };

const RING: Columns = {
  heading: ["RING", "RACK", "SHARE", "HINTS", "REPAIRED"],
  cells: ({ ring = { state: "-" } }) => [
    ring.state,
    ring.rack ?? "-",
    ring.sharePercent === undefined ? "-" : `${ring.sharePercent} %`,
    String(ring.hintFiles ?? "-"),
    ring.repairedAt === undefined ? "-" : ring.repairedAt.slice(0, 16),
  ],
};
