/* eslint-disable @typescript-eslint/no-deprecated -- Grafana provisions files of the classic model; the second one is for its API of version 12 */
import { WRITING_ROLES } from "../../components/protocol/topology";
import { type Dashboard, dashboard, lines, numbers, states } from "./panels";

/** Members that take writes. */
const WRITES = `role=~"${WRITING_ROLES.join("|")}"`;
/** The databases that a viewer chose. */
const CHOSEN = 'namespace=~"$namespace"';
/** The one database. */
const ONE = 'namespace="$namespace",database="$database"';

const BY_DATABASE = { called: "{{namespace}}/{{database}}" };
const BY_POD = { called: "{{pod}}" };

/** Every dashboard, by the name of its file. */
export function dashboards(): Record<string, Dashboard> {
  return { "stateful-databases.json": allDatabases(), "stateful-database.json": oneDatabase() };
}

/** All databases of some namespaces, a line each: which one to look at. */
function allDatabases(): Dashboard {
  return dashboard("stateful-databases", "Databases", [
    { label: "namespace", figure: "stateful_member", several: true },
  ])
    .withPanel(
      numbers({
        title: "Take writes",
        description: "Members that take writes: 1 for each database; all of them where members are equals.",
        queries: [
          {
            expression: `sum by (namespace, database) (stateful_role{${CHOSEN},${WRITES}})`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      numbers({
        title: "Members that do not serve",
        description: "How many of the members that should be there serve nobody.",
        queries: [
          {
            expression: `max by (namespace, database) (stateful_replicas{${CHOSEN}}) - on (namespace, database) sum by (namespace, database) (stateful_ready{${CHOSEN}})`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      numbers({
        title: "Alerts",
        description: "Alerts that fire: docs/monitoring.md says what to do for each.",
        queries: [
          {
            expression: `sum by (alertname) (ALERTS{${CHOSEN},alertname=~"Stateful.+",alertstate="firing"}) or vector(0)`,
            called: "{{alertname}}",
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Volumes",
        description: "The fullest volume of each database. Above 85 % it should grow.",
        unit: "percentunit",
        queries: [
          {
            expression: `max by (namespace, database) (1 - stateful_volume_available_bytes{${CHOSEN}} / stateful_volume_size_bytes{${CHOSEN}})`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Lag",
        description: "How old the oldest change is that a replica lacks: of the one that is furthest behind.",
        unit: "s",
        queries: [
          { expression: `max by (namespace, database) (stateful_lag_seconds{${CHOSEN}})`, ...BY_DATABASE },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Not in the backup",
        description: "How much of the last writes is in no backup.",
        unit: "s",
        queries: [
          {
            expression: `time() - max by (namespace, database) (stateful_backup_restorable_timestamp_seconds{${CHOSEN}})`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      numbers({
        title: "Certificates",
        description: "Days until the first certificate of each database ends.",
        unit: "d",
        queries: [
          {
            expression: `(min by (namespace, database) (stateful_certificate_end_timestamp_seconds{${CHOSEN}}) - time()) / 86400`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Changes of the primary",
        description: "How often a member became the primary within the last hour.",
        queries: [
          {
            expression: `sum by (namespace, database) (increase(stateful_promotions_total{${CHOSEN}}[1h]))`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Starts of servers",
        description: "How often servers were started within the last hour.",
        queries: [
          {
            expression: `sum by (namespace, database) (increase(stateful_server_starts_total{${CHOSEN}}[1h]))`,
            ...BY_DATABASE,
          },
        ],
      }),
    )
    .build();
}

/** One database, a line for each member: what is wrong with it. */
function oneDatabase(): Dashboard {
  return dashboard("stateful-database", "Database", [
    { label: "namespace", figure: "stateful_member", several: false },
    { label: "database", figure: 'stateful_member{namespace="$namespace"}', several: false },
  ])
    .withPanel(
      states({
        title: "Primary",
        description: "Which member takes the writes: 1.",
        width: 12,
        queries: [{ expression: `stateful_role{${ONE},${WRITES}}`, ...BY_POD }],
      }),
    )
    .withPanel(
      states({
        title: "What members do",
        description: "Serving, or what each waits for: docs/states.md.",
        width: 12,
        queries: [{ expression: `stateful_reason{${ONE}}`, called: "{{pod}} {{reason}}" }],
      }),
    )
    .withPanel(
      lines({
        title: "Members",
        description: "Those that should be there, those of the cluster, and those that can be reached.",
        queries: [
          { expression: `max(stateful_replicas{${ONE}})`, called: "wanted" },
          { expression: `max(stateful_view_members{${ONE}})`, called: "in the cluster" },
          { expression: `max(stateful_view_online_members{${ONE}})`, called: "reached" },
          { expression: `sum(stateful_ready{${ONE}})`, called: "serve" },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Lag",
        description: "How old the oldest change is that a replica lacks.",
        unit: "s",
        queries: [{ expression: `stateful_lag_seconds{${ONE}}`, ...BY_POD }],
      }),
    )
    .withPanel(
      lines({
        title: "Lag, in what the engine counts",
        description: "Transactions or bytes of the log that a replica lacks.",
        queries: [{ expression: `{__name__=~"stateful_lag_(transactions|bytes)",${ONE}}`, ...BY_POD }],
      }),
    )
    .withPanel(
      lines({
        title: "Volumes",
        description: "What of each volume is used.",
        unit: "percentunit",
        queries: [
          {
            expression: `1 - stateful_volume_available_bytes{${ONE}} / stateful_volume_size_bytes{${ONE}}`,
            ...BY_POD,
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Writes that do not come back",
        description: "For how long a volume has taken no write: 0, unless its disk is slow or hangs.",
        unit: "s",
        queries: [{ expression: `stateful_volume_stalled_seconds{${ONE}}`, ...BY_POD }],
      }),
    )
    .withPanel(
      numbers({
        title: "Set aside",
        description: "Data directories that were set aside on the volumes.",
        queries: [{ expression: `stateful_set_aside{${ONE}}`, ...BY_POD }],
      }),
    )
    .withPanel(
      lines({
        title: "Not in the backup",
        description: "How much of the last writes is in no backup.",
        unit: "s",
        queries: [
          {
            expression: `time() - max(stateful_backup_restorable_timestamp_seconds{${ONE}})`,
            called: "restorable until then",
          },
          { expression: `max(stateful_backup_behind_seconds{${ONE}})`, called: "nothing could be stored" },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "What agents do",
        description: "Starts, joins, copies and the like within five minutes.",
        queries: [
          {
            expression: `sum by (action) (increase(stateful_actions_total{${ONE}}[5m]))`,
            called: "{{action}}",
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Servers that end",
        description:
          "How often in a row a server ended without having answered, and how often one was killed since it hung.",
        queries: [
          { expression: `stateful_server_failures{${ONE}}`, called: "{{pod}} failed" },
          { expression: `increase(stateful_server_kills_total{${ONE}}[5m])`, called: "{{pod}} killed" },
        ],
      }),
    )
    .withPanel(
      numbers({
        title: "Not as it was asked for",
        description: "What notices are about: `npm run status` has their sentences.",
        queries: [
          {
            expression: `sum by (about, severity) (stateful_notice{${ONE}}) or vector(0)`,
            called: "{{about}}",
          },
        ],
      }),
    )
    .withPanel(
      numbers({
        title: "Bootstraps",
        description: "How often the cluster was bootstrapped: one more after each full outage.",
        queries: [{ expression: `max(stateful_epoch{${ONE}})`, called: "epoch" }],
      }),
    )
    .withPanel(
      lines({
        title: "Clocks",
        description: "How far each node's clock is off that of Prometheus.",
        unit: "s",
        queries: [
          {
            expression: `abs(stateful_clock_timestamp_seconds{${ONE}} - timestamp(stateful_clock_timestamp_seconds{${ONE}}))`,
            ...BY_POD,
          },
        ],
      }),
    )
    .withPanel(
      lines({
        title: "Agents' memory",
        description: "Of 128 MiB.",
        unit: "bytes",
        queries: [{ expression: `process_resident_memory_bytes{${ONE}}`, ...BY_POD }],
      }),
    )
    .build();
}
