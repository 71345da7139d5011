import { only, type SettingMistake } from "../../settings/check";
import { zoneMistake } from "../../settings/time-zones";
import { parseNumber } from "./values";

const BY_PATRONI = "Patroni sets it for the replication that the database's promises rest on";
const BY_BACKUP = "the log is stored by `backup`, and kept by the server until it is";
const BY_PATHS = "the data lives in a sub-directory of the replica's volume";
const BY_TLS = "the certificate is given by tls";
const TO_OUTPUT = "the log goes to the container's output";
const BY_LOGS =
  "logs.slowQueries says from when on a statement is slow, and logs it without its values; the server logs them with all values, passwords too";
const DATA_LOST = "the server would go on with data that it knows to be broken";

/** What the component keeps for itself, with the reason. */
export const RESERVED_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "the server listens on every address of its pod",
  port: "the Services point at 5432",
  unix_socket_directories: "the agent uses the socket",
  data_directory: BY_PATHS,
  hba_file: "clients are admitted by clientHba",
  ident_file: BY_PATHS,
  external_pid_file: "the root file system is read-only",
  config_file: BY_PATHS,
  logging_collector: TO_OUTPUT,
  log_destination: TO_OUTPUT,
  log_min_duration_statement: BY_LOGS,
  log_min_duration_sample: BY_LOGS,
  cluster_name: BY_PATRONI,
  hot_standby: BY_PATRONI,
  primary_conninfo: BY_PATRONI,
  primary_slot_name: BY_PATRONI,
  recovery_target: BY_PATRONI,
  recovery_target_action: BY_PATRONI,
  recovery_target_inclusive: BY_PATRONI,
  recovery_target_lsn: BY_PATRONI,
  recovery_target_name: BY_PATRONI,
  recovery_target_time: BY_PATRONI,
  recovery_target_timeline: BY_PATRONI,
  recovery_target_xid: BY_PATRONI,
  recovery_min_apply_delay: BY_PATRONI,
  recovery_end_command: BY_PATRONI,
  archive_cleanup_command: BY_PATRONI,
  archive_mode: BY_BACKUP,
  archive_command: BY_BACKUP,
  archive_library: BY_BACKUP,
  archive_timeout: "the agent stores the log without a file of it being closed",
  restore_command: BY_PATRONI,
  synchronous_standby_names: BY_PATRONI,
  wal_level: "replicas need it at replica or above; it is replica",
  wal_log_hints: "pg_rewind needs it",
  full_page_writes: "without it, a page torn by a power cut destroys the database, and pg_rewind cannot work",
  data_checksums: "they are on",
  ssl: BY_TLS,
  ssl_cert_file: BY_TLS,
  ssl_key_file: BY_TLS,
  ssl_passphrase_command: "the private key of tls has no passphrase",
  fsync: "without it, a power cut destroys the database",
  data_sync_retry: "after a failed fsync, a second one says nothing of the data",
  zero_damaged_pages: DATA_LOST,
  ignore_invalid_pages: DATA_LOST,
  password_encryption: "it is scram-sha-256",
  allow_alter_system: "a setting made in one server would be lost with it",
  huge_page_size: "it is hugePages.pageSize",
};

/** The least that Patroni takes. It puts its own default in place of less, without a word. */
const LEAST: Record<string, [number, unit: string]> = {
  max_connections: [25, ""],
  max_locks_per_transaction: [32, ""],
  max_replication_slots: [4, ""],
  max_wal_senders: [3, ""],
  max_worker_processes: [2, ""],
  wal_keep_size: [16, "MB"],
  // Twice a segment of the log: the server does not start with less.
  max_wal_size: [32, "MB"],
  min_wal_size: [32, "MB"],
};

/** Settings of which some values would not hold, or keep the server from starting. */
export const RESTRICTED_SETTINGS: Readonly<Record<string, (value: string) => SettingMistake | undefined>> = {
  ...Object.fromEntries(Object.entries(LEAST).map(([name, [least, unit]]) => [name, atLeast(least, unit)])),
  huge_pages: only(
    ["try", "off", "false", "no", "0"],
    "pods have none but those that hugePages asks for, and with those it is on",
  ),
  timezone: inKnownZone,
  log_timezone: inKnownZone,
};

function atLeast(least: number, unit: string): (value: string) => SettingMistake | undefined {
  return (value) => {
    const number = parseNumber({ type: "integer", unit }, value);
    if (number === undefined || number >= least) return undefined;
    return {
      allowed: `at least ${least}${unit}: with less the server does not start, or Patroni puts its own default in its place`,
      fix: `raise it to ${least}${unit} or more, or remove it`,
    };
  };
}

/** A zone by its region and city is known or not; there are other ways to write one, which only the server can read. */
function inKnownZone(value: string): SettingMistake | undefined {
  if (!/^[a-z_]+(\/[a-z0-9_+-]+)+$/i.test(value)) return undefined;
  return zoneMistake(value, "a time zone: a name such as Europe/Berlin or Etc/UTC");
}
