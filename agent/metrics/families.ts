import { ROLES } from "../../components/protocol/topology";
import type { Reason } from "../../components/protocol/reasons";
import type { Notice } from "../core/notices";
import type { Behind, MemberState, Report, Role } from "../core/types";
import type { Happening } from "../core/tally";
import type { Family, Sample } from "./text";

/** What is known of a member at a moment. Times in ms, those of a day since 1970. */
export interface Snapshot {
  engine: string;
  /** The last observation; absent where there is none of the present. */
  report?: Report | undefined;
  /** What it does for clients, as its pod's label says. */
  role: Role;
  ready: boolean;
  reason: Reason;
  notices: readonly (Notice & { about: string })[];
  /** The size of the set. */
  replicas?: number | undefined;
  volume?: { free: number; size: number } | undefined;
  growing?: { requested: number; limit: number } | undefined;
  /** How many data directories were set aside on the volume. */
  setAside?: number | undefined;
  certificateEnd?: number | undefined;
  backup?: { restorable?: number | undefined; behind?: number | undefined } | undefined;
  /** Since the agent began. */
  promotions: number;
  serverStarts: number;
  tally: readonly [what: Happening, count: number][];
  now: number;
  process: { startedAt: number; cpuSeconds: number; residentBytes: number };
}

const STATES: readonly MemberState[] = ["offline", "joining", "online", "blocked", "failed"];

/** What the agent tells of its member. Texts of servers, addresses and positions of the log are not in it. */
export function familiesOf(snapshot: Snapshot): Family[] {
  return [
    ...ofMember(snapshot),
    ...ofCluster(snapshot),
    ...ofServer(snapshot),
    ...ofVolume(snapshot),
    ...ofBackup(snapshot),
    ...ofAgent(snapshot),
  ];
}

function ofMember({ engine, report, role, ready, reason, notices }: Snapshot): Family[] {
  const cluster = report?.record?.cluster;
  const member = report?.status.member;
  return [
    gauge("stateful_member", "Says which engine and which cluster a member is of, always 1", [
      { labels: { engine, ...(cluster === undefined ? {} : { cluster_id: cluster }) }, value: 1 },
    ]),
    gauge(
      "stateful_role",
      "What the member does for clients, 1 for what it is",
      ROLES.map((one) => ({ labels: { role: one }, value: Number(one === role) })),
    ),
    gauge("stateful_ready", "Whether clients may use the member", [{ value: Number(ready) }]),
    gauge(
      "stateful_state",
      "How the member stands in its cluster, 1 for how it does",
      member === undefined
        ? []
        : STATES.map((state) => ({ labels: { state }, value: Number(state === member) })),
    ),
    gauge("stateful_reason", "What the member does or waits for, by the table of reasons, always 1", [
      { labels: { reason }, value: 1 },
    ]),
    gauge(
      "stateful_notice",
      "What is not as it was asked for, always 1 while it is so",
      notices.map(({ about, severity }) => ({ labels: { about, severity }, value: 1 })),
    ),
    ...ofLag(report?.behind),
  ];
}

function ofLag(behind: Behind | undefined): Family[] {
  if (behind === undefined) return [];
  const { amount, unit, seconds } = behind;
  return [
    gauge(`stateful_lag_${unit}`, `How far a replica is behind the primary, in ${unit}`, [{ value: amount }]),
    gauge("stateful_lag_seconds", "How old the oldest change is that a replica lacks, 0 for none", [
      { value: seconds },
    ]),
  ];
}

function ofCluster({ report, replicas }: Snapshot): Family[] {
  const view = report?.status.view;
  return [
    gauge("stateful_replicas", "How many members the database should have", some(replicas)),
    gauge(
      "stateful_view_members",
      "How many members the cluster has, as this one sees it",
      some(view?.members.length),
    ),
    gauge(
      "stateful_view_online_members",
      "How many of them are full members that can be reached",
      some(view?.online.length),
    ),
    gauge("stateful_view", "Number of the membership, which counts since the bootstrap", some(view?.number)),
    gauge("stateful_epoch", "How often the cluster was bootstrapped", some(report?.record?.epoch)),
  ];
}

function ofServer({ report, promotions, serverStarts, tally }: Snapshot): Family[] {
  const actions = tally.flatMap(([what, value]) =>
    what.startsWith("action ") ? [{ labels: { action: what.slice("action ".length) }, value }] : [],
  );
  const count = (what: Happening): number => tally.find(([one]) => one === what)?.[1] ?? 0;
  return [
    gauge(
      "stateful_server_up",
      "Whether the server answers",
      some(report && Number(report.status.process === "running")),
    ),
    gauge(
      "stateful_server_failures",
      "How often in a row the server ended without having answered",
      some(report && (report.status.failures ?? 0)),
    ),
    counter("stateful_server_starts", "How often the server was started", [{ value: serverStarts }]),
    counter("stateful_server_kills", "How often the agent killed a server that hung", [
      { value: count("server killed") },
    ]),
    counter("stateful_promotions", "How often the member became the primary", [{ value: promotions }]),
    counter(
      "stateful_switchovers",
      "How often the member handed its place as the primary over, before a stop",
      [
        { labels: { result: "done" }, value: count("switchover") },
        { labels: { result: "failed" }, value: count("switchover failed") },
      ],
    ),
    counter("stateful_actions", "How often the agent did something, by what it did", actions),
  ];
}

function ofVolume({ report, volume, growing, setAside, certificateEnd }: Snapshot): Family[] {
  return [
    gauge("stateful_volume_size_bytes", "Size of the volume", some(volume?.size)),
    gauge("stateful_volume_available_bytes", "What is free of the volume", some(volume?.free)),
    gauge(
      "stateful_volume_requested_bytes",
      "What the claim of a volume that grows by itself asks for",
      some(growing?.requested),
    ),
    gauge("stateful_volume_growth_limit_bytes", "What it is at most to ask for", some(growing?.limit)),
    gauge(
      "stateful_volume_stalled_seconds",
      "For how long the volume has taken no write, 0 while it takes them",
      some(report && (report.status.stalled ?? 0) / 1000),
    ),
    gauge("stateful_set_aside", "How many data directories were set aside on the volume", some(setAside)),
    gauge(
      "stateful_certificate_end_timestamp_seconds",
      "When the server's certificate ends, or its authority's, whichever is first",
      some(certificateEnd === undefined ? undefined : certificateEnd / 1000),
    ),
  ];
}

function ofBackup({ backup }: Snapshot): Family[] {
  const { restorable, behind } = backup ?? {};
  return [
    gauge(
      "stateful_backup_restorable_timestamp_seconds",
      "Until when all that was committed is in the backup, told by the primary",
      some(restorable === undefined ? undefined : restorable / 1000),
    ),
    gauge(
      "stateful_backup_behind_seconds",
      "For how long nothing was stored in the backup though there is something to store, told by the primary",
      some(behind === undefined ? undefined : behind / 1000),
    ),
  ];
}

function ofAgent({ now, process }: Snapshot): Family[] {
  return [
    gauge("stateful_clock_timestamp_seconds", "The time of the member's node", [{ value: now / 1000 }]),
    gauge("process_start_time_seconds", "When the agent began", [{ value: process.startedAt / 1000 }]),
    counter("process_cpu_seconds", "Time of the processor that the agent has used", [
      { value: process.cpuSeconds },
    ]),
    gauge("process_resident_memory_bytes", "Memory that the agent uses", [{ value: process.residentBytes }]),
  ];
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name, kind: "gauge", help, samples };
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { name, kind: "counter", help, samples };
}

function some(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}
