import { EXCLUSIVE_ROLE, WRITING_ROLES } from "../protocol/topology";

/** Something that somebody should be told of. */
export interface Alert {
  name: string;
  /** `critical`: get up. `warning`: today. */
  severity: "critical" | "warning";
  /** What is true while it is so, in PromQL. */
  expression: (of: Select) => string;
  /** For how long it must be so, for instance `10m`. */
  lasting: string;
  /** One line; `$labels` and `$value` as in Prometheus. */
  summary: string;
}

/** Selects a figure of those databases that the rules are for, and of these what more matchers say. */
export type Select = (figure: string, ...matchers: string[]) => string;

/** How many members each database should have: recorded, since a database that is gone tells nothing. */
export const WANTED = "stateful:replicas:wanted";

const DATABASE = "{{ $labels.namespace }}/{{ $labels.database }}";
const POD = "{{ $labels.namespace }}/{{ $labels.pod }}";
const WRITES = `role=~"${WRITING_ROLES.join("|")}"`;
const LEADS = `role="${EXCLUSIVE_ROLE}"`;
const HOUR = 3_600;
/** What of a volume is free, of 1. */
const free = (of: Select): string =>
  `${of("stateful_volume_available_bytes")} / ${of("stateful_volume_size_bytes")}`;

/** What to be woken for. Each has a line in docs/monitoring.md that says what to do. */
export const ALERTS: readonly Alert[] = [
  {
    name: "StatefulNoPrimary",
    severity: "critical",
    expression: (of) => `${of(WANTED)} unless on (namespace, database) (${of("stateful_role", WRITES)} == 1)`,
    lasting: "1m",
    summary: `${DATABASE} takes no writes, or Prometheus reaches none of its members`,
  },
  {
    name: "StatefulTwoPrimaries",
    severity: "critical",
    expression: (of) => `count by (namespace, database) (${of("stateful_role", LEADS)} == 1) > 1`,
    lasting: "1m",
    summary: `{{ $value }} members of ${DATABASE} say that they are the primary`,
  },
  {
    name: "StatefulNoQuorum",
    severity: "critical",
    expression: (of) =>
      `max by (namespace, database) (${of("stateful_state", 'state="blocked"')} == 1 or ${of("stateful_reason", 'reason=~"NoQuorum|TooFewMembers|LastMembersMissing"')})`,
    lasting: "1m",
    summary: `too few members of ${DATABASE} see each other for it to go on`,
  },
  {
    name: "StatefulReplicaLost",
    severity: "warning",
    expression: (of) =>
      `${of(WANTED)} - on (namespace, database) count by (namespace, database) (${of("stateful_ready")} == 1) > 0`,
    lasting: "10m",
    summary: `{{ $value }} of the members of ${DATABASE} serve nobody`,
  },
  {
    name: "StatefulReplicaLagging",
    severity: "warning",
    expression: (of) => `${of("stateful_lag_seconds")} > 60`,
    lasting: "5m",
    summary: `${POD} lacks what the primary committed {{ $value | humanizeDuration }} ago`,
  },
  {
    name: "StatefulVolumeFilling",
    severity: "warning",
    expression: (of) => `1 - ${free(of)} > 0.85`,
    lasting: "5m",
    summary: `{{ $value | humanizePercentage }} of the volume of ${POD} is used`,
  },
  {
    name: "StatefulVolumeGrowthEnded",
    severity: "warning",
    expression: (of) =>
      `1 - ${free(of)} > 0.8 and ${of("stateful_volume_requested_bytes")} >= ${of("stateful_volume_growth_limit_bytes")}`,
    lasting: "5m",
    summary: `the volume of ${POD} has grown as far as it may, and {{ $value | humanizePercentage }} of it is used`,
  },
  {
    name: "StatefulVolumeFullSoon",
    severity: "critical",
    expression: (of) =>
      `predict_linear(${of("stateful_volume_available_bytes")}[1h], ${4 * HOUR}) < 0 and ${free(of)} < 0.5`,
    lasting: "15m",
    summary: `the volume of ${POD} is full within 4 hours, if it goes on like this`,
  },
  {
    name: "StatefulVolumeFull",
    severity: "critical",
    expression: (of) => `max by (namespace, database, pod) (${of("stateful_reason", 'reason="VolumeFull"')})`,
    lasting: "1m",
    summary: `the volume of ${POD} is full, and writes wait`,
  },
  {
    name: "StatefulVolumeHangs",
    severity: "critical",
    expression: (of) => `${of("stateful_volume_stalled_seconds")} > 8`,
    lasting: "30s",
    summary: `the volume of ${POD} has taken no write for {{ $value | humanizeDuration }}`,
  },
  {
    name: "StatefulCertificateEnds",
    severity: "warning",
    expression: (of) => `${of("stateful_certificate_end_timestamp_seconds")} - time() < ${30 * 24 * HOUR}`,
    lasting: "10m",
    summary: `the certificate of ${POD} ends in {{ $value | humanizeDuration }}`,
  },
  {
    name: "StatefulBackupLate",
    severity: "critical",
    expression: (of) =>
      `time() - max by (namespace, database) (${of("stateful_backup_restorable_timestamp_seconds")}) > ${HOUR / 4}`,
    lasting: "5m",
    summary: `what was written to ${DATABASE} in the last {{ $value | humanizeDuration }} is in no backup`,
  },
  {
    name: "StatefulBackupAway",
    severity: "warning",
    expression: (of) =>
      `max by (namespace, database) (${of("stateful_backup_behind_seconds")}) > ${HOUR / 12}`,
    lasting: "1m",
    summary: `nothing of ${DATABASE} could be stored in its backup for {{ $value | humanizeDuration }}`,
  },
  {
    name: "StatefulBackupProblem",
    severity: "warning",
    expression: (of) =>
      `max by (namespace, database, about) (${of("stateful_notice", 'about=~"backup .+"', 'severity="problem"')})`,
    lasting: "5m",
    summary: `${DATABASE}: {{ $labels.about }}: a copy or a drill failed or is late, or moments are missing`,
  },
  {
    name: "StatefulRestartLoop",
    severity: "critical",
    expression: (of) =>
      `increase(${of("stateful_server_starts_total")}[15m]) > 3 or ${of("stateful_server_failures")} >= 3 or changes(${of("process_start_time_seconds", 'database!=""')}[15m]) > 3`,
    lasting: "1m",
    summary: `the server of ${POD} ends again and again`,
  },
  {
    name: "StatefulDataSetAside",
    severity: "warning",
    expression: (of) => `${of("stateful_set_aside")} > 0`,
    lasting: "5m",
    summary: `{{ $value }} data directories were set aside on the volume of ${POD}`,
  },
  {
    name: "StatefulTwoOfOneName",
    severity: "critical",
    expression: (of) =>
      `count by (namespace, database) (group by (namespace, database, cluster_id) (${of("stateful_member", 'cluster_id!=""')})) > 1`,
    lasting: "5m",
    summary: `{{ $value }} clusters are called ${DATABASE}`,
  },
  {
    name: "StatefulClockOff",
    severity: "warning",
    expression: (of) =>
      `abs(${of("stateful_clock_timestamp_seconds")} - timestamp(${of("stateful_clock_timestamp_seconds")})) > 5`,
    lasting: "5m",
    summary: `the clock of the node of ${POD} is {{ $value | humanizeDuration }} off that of Prometheus`,
  },
  {
    name: "StatefulMemberWaits",
    severity: "warning",
    expression: (of) =>
      `max by (namespace, database, pod, reason) (${of("stateful_reason", 'reason!~"Serving|Following|Stopping"')})`,
    lasting: "15m",
    summary: `${POD} does not serve: {{ $labels.reason }}`,
  },
  {
    name: "StatefulProblem",
    severity: "warning",
    expression: (of) =>
      `max by (namespace, database, pod, about) (${of("stateful_notice", 'about!~"backup.*|volume"', 'severity="problem"')})`,
    lasting: "10m",
    summary: `${POD}: something is not as it was asked for ({{ $labels.about }})`,
  },
];
