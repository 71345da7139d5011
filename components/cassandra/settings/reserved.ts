import type { SettingMistake } from "../../settings/check";

const BY_AGENT = "the members' agents set it";
const BY_ADDRESS = "a member is known by the address of its Service, and listens on every address of its pod";
const BY_ACCOUNTS = "accounts are made from the Secret, and the agents rely on how they are asked for";
const BY_ACCOUNTS_KEPT =
  "a user's password or right that has ended must have ended everywhere within seconds";
const BY_PATHS = "the data lives in a sub-directory of the replica's volume";
const BY_DURABILITY = "durability says it";
const BY_RING = "which member has which rows follows from it, and it cannot be changed once there are any";
const BY_COPIES = "that each row is on three members, or on the one, is what the promises rest on";
const BY_HINTS = "a member that was away gets what it has missed by it";
const BY_PORTS = "Services and NetworkPolicies are made for the port";
const BY_TLS = "the certificate is given by tls";
const BY_DISK = "a server that cannot write ends, so that its agent can say why";
const NO_FILES = "files that nobody takes away would fill the volume";
const NO_FUNCTIONS = "functions of a user's would run in the server";
const PARTS = "it has parts of its own or is a list, and a setting here is one value";

/** What the component keeps for itself, with the reason. */
export const RESERVED_SETTINGS: Readonly<Record<string, string>> = {
  cluster_name: BY_AGENT,
  seed_provider: BY_AGENT,
  listen_address: BY_ADDRESS,
  listen_interface: BY_ADDRESS,
  listen_interface_prefer_ipv6: BY_ADDRESS,
  listen_on_broadcast_address: BY_ADDRESS,
  broadcast_address: BY_ADDRESS,
  broadcast_rpc_address: BY_ADDRESS,
  rpc_address: BY_ADDRESS,
  rpc_interface: BY_ADDRESS,
  rpc_interface_prefer_ipv6: BY_ADDRESS,
  storage_port: BY_PORTS,
  ssl_storage_port: BY_PORTS,
  native_transport_port: BY_PORTS,
  native_transport_port_ssl: BY_PORTS,
  start_native_transport: "the agent says when clients are let in",
  endpoint_snitch: "the agent says where each member is, its data centre and its rack",
  failure_detector: "members are called away by it, and the agents go by what they say",
  auto_bootstrap: "a member that joins first copies what becomes its part",
  partitioner: BY_RING,
  num_tokens: BY_RING,
  initial_token: BY_RING,
  allocate_tokens_for_keyspace: BY_RING,
  allocate_tokens_for_local_replication_factor: BY_RING,
  storage_compatibility_mode: "all members go from one to the next together, and none goes back",
  skip_paxos_repair_on_topology_change: "what a transaction has promised must outlive a change of members",
  skip_paxos_repair_on_topology_change_keyspaces:
    "what a transaction has promised must outlive a change of members",
  default_keyspace_rf: BY_COPIES,
  minimum_replication_factor_fail_threshold: BY_COPIES,
  simplestrategy_enabled: BY_COPIES,
  transient_replication_enabled: BY_COPIES,
  hinted_handoff_enabled: BY_HINTS,
  hinted_handoff_disabled_datacenters: BY_HINTS,
  authenticator: BY_ACCOUNTS,
  authorizer: BY_ACCOUNTS,
  role_manager: BY_ACCOUNTS,
  network_authorizer: BY_ACCOUNTS,
  cidr_authorizer: BY_ACCOUNTS,
  auth_read_consistency_level: BY_ACCOUNTS,
  auth_write_consistency_level: BY_ACCOUNTS,
  roles_validity: BY_ACCOUNTS_KEPT,
  permissions_validity: BY_ACCOUNTS_KEPT,
  credentials_validity: BY_ACCOUNTS_KEPT,
  internode_authenticator: BY_TLS,
  server_encryption_options: BY_TLS,
  client_encryption_options: BY_TLS,
  crypto_provider: "it is that of the image",
  transparent_data_encryption_options:
    "it needs a key store of its own; let the storage class encrypt the volumes",
  slow_query_log_timeout:
    "logs.slowQueries says from when on a statement is slow, and logs it without its values",
  data_file_directories: BY_PATHS,
  local_system_data_file_directory: BY_PATHS,
  commitlog_directory: BY_PATHS,
  hints_directory: BY_PATHS,
  saved_caches_directory: BY_PATHS,
  cdc_raw_directory: BY_PATHS,
  heap_dump_path: NO_FILES,
  dump_heap_on_uncaught_exception: NO_FILES,
  incremental_backups: NO_FILES,
  snapshot_before_compaction: NO_FILES,
  commitlog_sync: BY_DURABILITY,
  commitlog_sync_group_window: BY_DURABILITY,
  commitlog_sync_period: BY_DURABILITY,
  periodic_commitlog_sync_lag_block: BY_DURABILITY,
  disk_failure_policy: BY_DISK,
  commit_failure_policy: BY_DISK,
  user_defined_functions_enabled: NO_FUNCTIONS,
  scripted_user_defined_functions_enabled: NO_FUNCTIONS,
  user_defined_functions_threads_enabled: NO_FUNCTIONS,
  allow_insecure_udfs: NO_FUNCTIONS,
  allow_extra_insecure_udfs: NO_FUNCTIONS,
  audit_logging_options: PARTS,
  full_query_logging_options: PARTS,
  auto_repair: PARTS,
  back_pressure_strategy: PARTS,
  client_error_reporting_exclusions: PARTS,
  internode_error_reporting_exclusions: PARTS,
  memtable: PARTS,
  repair: PARTS,
  replica_filtering_protection: PARTS,
  sai_options: PARTS,
  sstable: PARTS,
  startup_checks: PARTS,
};

/** Settings of which some values would break what the component promises. */
export const RESTRICTED_SETTINGS: Readonly<Record<string, (value: string) => SettingMistake | undefined>> = {
  max_hint_window: atLeastThreeHours,
  maximum_replication_factor_fail_threshold: atLeastThree,
};

const MINUTES: Readonly<Record<string, number>> = { ms: 1 / 60_000, s: 1 / 60, m: 1, h: 60, d: 1440 };

/** What is not written down for a member that is away for longer is a copy short until somebody repairs it. */
function atLeastThreeHours(value: string): SettingMistake | undefined {
  const [, digits, unit = ""] = /^\s*(\d+)([a-z]+)\s*$/.exec(value) ?? [];
  if (Number(digits) * (MINUTES[unit] ?? 0) >= 180) return undefined;
  return {
    allowed: "at least 3h: a member that was away for longer lacks what was written meanwhile",
    fix: "raise it, or remove it",
  };
}

/** Three copies must be allowed; -1 allows any number. */
function atLeastThree(value: string): SettingMistake | undefined {
  const most = Number(value);
  if (most < 0 || most >= 3) return undefined;
  return { allowed: `at least 3, or -1 for no limit: ${BY_COPIES}`, fix: "raise it, or remove it" };
}
