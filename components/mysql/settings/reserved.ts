import { only, type SettingMistake } from "../../settings/check";
import { zoneMistake } from "../../settings/time-zones";

const BY_AGENT = "what the agent promises rests on it";
const BY_TLS = "tls says where the certificate comes from";
const BY_VOLUME = "all data lives on the replica's volume";
const PRIMARY_ALONE = "the agent lets the primary alone write";
const SAME_DATA = "every member has the same data";
/** Its own file in the data directory is rotated by nobody. */
const BY_LOGS =
  "logs.slowQueries says from when on a statement is slow, and logs it without its values; the server's own log is a file that grows on the volume";
const EVERY_STATEMENT =
  "it writes every statement, with its values, to a file that grows on the volume; while you look for something, SET GLOBAL turns it on";
const BINARY_LOG = "replicas and backups need the binary log";

/** Settings of the group that are not to be tuned. */
const GROUP_SETTINGS = Object.fromEntries(
  [
    "bootstrap_group",
    "communication_stack",
    "enforce_update_everywhere_checks",
    "exit_state_action",
    "autorejoin_tries",
    "force_members",
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
    "view_change_uuid",
  ].map((setting) => [`group_replication_${setting}`, BY_AGENT]),
);

/** Filters would make members differ; the group does not start with them. */
const FILTERS = Object.fromEntries(
  [
    "binlog_do_db",
    "binlog_ignore_db",
    "replicate_do_db",
    "replicate_do_table",
    "replicate_ignore_db",
    "replicate_ignore_table",
    "replicate_rewrite_db",
    "replicate_same_server_id",
    "replicate_wild_do_table",
    "replicate_wild_ignore_table",
    "replica_skip_errors",
    "slave_skip_errors",
  ].map((setting) => [setting, SAME_DATA]),
);

/** What the component keeps for itself, with the reason. */
export const RESERVED_SETTINGS: Readonly<Record<string, string>> = {
  datadir: "the data lives in a sub-directory of the replica's volume",
  port: "the Services point at 3306",
  bind_address: "the server listens on every address of its pod",
  socket: "the probes use it",
  pid_file: "the root file system is read-only",
  tmpdir: "the root file system is read-only",
  chroot: "the root file system is read-only",
  user: "the pod's security context sets it",
  server_id: "it follows from the replica's ordinal",
  report_host: "it is the pod's own DNS name",
  report_port: "the Services point at 3306",
  init_file: "it sets the passwords that the Secret holds",
  log_error: "the log goes to the container's output",
  slow_query_log: BY_LOGS,
  slow_query_log_file: BY_LOGS,
  long_query_time: BY_LOGS,
  log_output: BY_LOGS,
  general_log: EVERY_STATEMENT,
  general_log_file: EVERY_STATEMENT,
  ssl_ca: BY_TLS,
  ssl_capath: BY_TLS,
  ssl_cert: BY_TLS,
  ssl_key: BY_TLS,
  clone_ssl_ca: BY_TLS,
  require_secure_transport: "tls.required says it",
  skip_networking: "clients could not connect",
  skip_grant_tables: "everybody could connect, with every right",
  offline_mode: "the agent sets it until a member knows its place",
  read_only: PRIMARY_ALONE,
  super_read_only: PRIMARY_ALONE,
  innodb_read_only: PRIMARY_ALONE,
  transaction_read_only: PRIMARY_ALONE,
  relay_log: "the agent sets it",
  relay_log_index: "the agent sets it",
  log_bin_index: "the agent sets it",
  plugin_load: "the agent loads what it needs; INSTALL PLUGIN adds others",
  plugin_load_add: "the agent loads what it needs; INSTALL PLUGIN adds others",
  clone: BY_AGENT,
  group_replication: BY_AGENT,
  ...GROUP_SETTINGS,
  ...FILTERS,
  group_replication_consistency: "durability says it",
  innodb_data_home_dir: BY_VOLUME,
  innodb_log_group_home_dir: BY_VOLUME,
  innodb_undo_directory: BY_VOLUME,
  innodb_doublewrite_dir: BY_VOLUME,
  innodb_doublewrite: "without it, a page torn by a power cut destroys the database",
  innodb_dedicated_server: "it would take the node's memory for the pod's; memory follows resources.memory",
  log_replica_updates: "members recover from each other's binary logs",
  log_slave_updates: "members recover from each other's binary logs",
  gtid_mode: "replicas are cloned and compared by GTID",
  enforce_gtid_consistency: "replicas are cloned and compared by GTID",
  log_bin: BINARY_LOG,
  skip_log_bin: BINARY_LOG,
  disable_log_bin: BINARY_LOG,
};

const IN_ORDER = only(["on", "1", "true"], "the group applies commits in the order in which they were made");
const BY_CLOCK = only(
  ["logical_clock", "1"],
  "the group applies commits in the order in which they were made",
);

/** Settings of which some values would break what the component promises. */
export const RESTRICTED_SETTINGS: Readonly<Record<string, (value: string) => SettingMistake | undefined>> = {
  binlog_format: only(["row", "2"], "the group replicates rows"),
  replica_preserve_commit_order: IN_ORDER,
  slave_preserve_commit_order: IN_ORDER,
  replica_parallel_type: BY_CLOCK,
  slave_parallel_type: BY_CLOCK,
  innodb_flush_method: only(
    ["fsync", "0", "o_dsync", "1", "o_direct", "4"],
    "with another, what is acknowledged is not surely on disk",
  ),
  sql_mode: withoutBackslashEscapes,
  default_time_zone: inKnownZone,
  disabled_storage_engines: withInnoDb,
  group_replication_transaction_size_limit: withLimit,
};

/** Number of the mode, as a bit. */
const NO_BACKSLASH_ESCAPES = 2n ** 20n;

function withoutBackslashEscapes(value: string): SettingMistake | undefined {
  const named = value
    .toUpperCase()
    .split(",")
    .some((mode) => mode.startsWith("NO_B"));
  const numbered = /^\d+$/.test(value) && (BigInt(value) & NO_BACKSLASH_ESCAPES) !== 0n;
  if (!named && !numbered) return undefined;
  return {
    allowed: "modes other than NO_BACKSLASH_ESCAPES: the agent's statements escape passwords by backslashes",
    fix: "remove that mode; a session may set it for itself",
  };
}

function inKnownZone(value: string): SettingMistake | undefined {
  if (/^system$/i.test(value) || /^([+-]0?\d|\+1[0-3]|-1[0-3]):[0-5]\d$|^\+14:00$/.test(value))
    return undefined;
  const allowed = "SYSTEM, which is UTC, an offset from -13:59 to +14:00, or a name such as Europe/Berlin";
  return /^[+-]?\d/.test(value)
    ? { allowed, fix: 'write the offset like "+01:00"' }
    : zoneMistake(value, allowed);
}

function withInnoDb(value: string): SettingMistake | undefined {
  if (!/(^|,)\s*"?innodb"?\s*(,|$)/i.test(value)) return undefined;
  return {
    allowed: "storage engines other than InnoDB, which the server itself needs",
    fix: "remove InnoDB from the list",
  };
}

/** Without a limit, one client's transaction takes the memory of every member. */
function withLimit(value: string): SettingMistake | undefined {
  if (!/^\s*[+-]?0+[a-z]?$/i.test(value)) return undefined;
  return {
    allowed: "a limit, in bytes: without one, a large transaction takes every member's memory",
    fix: "choose one, or remove it",
  };
}
