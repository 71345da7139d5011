import { Durability } from "../database/args";
import type { EngineLimits } from "../database/checks";

const BY_AGENT = "what the agent promises rests on it";
const BY_TLS = "tls says where the certificate comes from";
/** Settings of the group that are not to be tuned. */
const GROUP_SETTINGS = Object.fromEntries(
  [
    "bootstrap_group",
    "communication_stack",
    "enforce_update_everywhere_checks",
    "exit_state_action",
    "autorejoin_tries",
    "group_name",
    "group_seeds",
    "local_address",
    "member_expel_timeout",
    "recovery_ssl_ca",
    "recovery_ssl_capath",
    "recovery_ssl_cert",
    "recovery_ssl_key",
    "recovery_ssl_verify_server_cert",
    "recovery_use_ssl",
    "single_primary_mode",
    "ssl_mode",
    "start_on_boot",
    "unreachable_majority_timeout",
  ].map((setting) => [`group_replication_${setting}`, BY_AGENT]),
);

/** What MySQL allows, and what its component keeps for itself. */
export const MYSQL_LIMITS: EngineLimits = {
  engine: "mysql",
  tagIsVersion: true,
  // LTS releases only: an innovation release has no updates after three months.
  versions: ["8.4", "9.7"],
  // Odd numbers: an even one needs a larger majority, and survives no more. Nine is the limit of Group Replication.
  replicas: [1, 3, 5, 7, 9],
  durabilities: [Durability.Majority, Durability.All],
  minMemory: "768Mi",
  reservedSettings: {
    datadir: "the data lives in a sub-directory of the replica's volume",
    port: "the Services point at 3306",
    bind_address: "the server listens on every address of its pod",
    socket: "the probes use it",
    pid_file: "the root file system is read-only",
    tmpdir: "the root file system is read-only",
    user: "the pod's security context sets it",
    server_id: "it follows from the replica's ordinal",
    report_host: "it is the pod's own DNS name",
    init_file: "it sets the passwords that the Secret holds",
    log_error: "the log goes to the container's output",
    ssl_ca: BY_TLS,
    ssl_capath: BY_TLS,
    ssl_cert: BY_TLS,
    ssl_key: BY_TLS,
    clone_ssl_ca: BY_TLS,
    require_secure_transport: "tls.required says it",
    skip_networking: "clients could not connect",
    skip_grant_tables: "everybody could connect, with every right",
    offline_mode: "the agent sets it until a member knows its place",
    read_only: "the agent lets the primary alone write",
    super_read_only: "the agent lets the primary alone write",
    relay_log: "the agent sets it",
    plugin_load_add: "the agent loads what it needs; INSTALL PLUGIN adds others",
    ...GROUP_SETTINGS,
    group_replication_consistency: "durability says it",
    innodb_data_home_dir: "all data lives on the replica's volume",
    innodb_log_group_home_dir: "all data lives on the replica's volume",
    innodb_undo_directory: "all data lives on the replica's volume",
    innodb_doublewrite_dir: "all data lives on the replica's volume",
    innodb_doublewrite: "without it, a page torn by a power cut destroys the database",
    log_replica_updates: "members recover from each other's binary logs",
    log_slave_updates: "members recover from each other's binary logs",
    plugin_load: "the agent loads what it needs; INSTALL PLUGIN adds others",
    gtid_mode: "replicas are cloned and compared by GTID",
    enforce_gtid_consistency: "replicas are cloned and compared by GTID",
    log_bin: "replicas and backups need the binary log",
    skip_log_bin: "replicas and backups need the binary log",
    disable_log_bin: "replicas and backups need the binary log",
  },
  identifier: {
    pattern: /^[A-Za-z][A-Za-z0-9_]{0,31}$/,
    rule: "at most 32 letters, digits and '_', a letter first",
  },
  reservedDatabases: ["mysql", "sys", "information_schema", "performance_schema"],
  reservedUsers: ["root", "stateful_replication", "mysql", "mysql.sys", "mysql.session", "mysql.infoschema"],
};

/** User and group of the official image. */
export const MYSQL_USER_ID = 999;

/** Port of the classic protocol. */
export const MYSQL_PORT = 3306;
