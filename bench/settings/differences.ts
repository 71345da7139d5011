import type { Row } from "./table";

/** What one version has otherwise than the one that was asked. */
export interface Differences {
  /** Where they were read. */
  source: string;
  without: string[];
  /** Settings, with what is not as in a text that takes anything. */
  added: (Pick<Row, "name"> & Partial<Row>)[];
  changed: Record<string, Partial<Row>>;
}

const NONE = {
  type: "text",
  least: "",
  most: "",
  unit: "",
  choices: [],
  restart: true,
  default: "",
} as const;

/** The table of a version, made of the table of another one. */
export function withDifferences(rows: Row[], { without, added, changed }: Differences): Row[] {
  const kept = rows.filter(({ name }) => !without.includes(name));
  const all = [
    ...kept.map((row) => ({ ...row, ...changed[row.name] })),
    ...added.map((row) => ({ ...NONE, ...row })),
  ];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const BOOLEAN = { type: "boolean", restart: false, default: "FALSE" } as const;
const PARALLEL_TYPE = {
  type: "choice",
  choices: ["DATABASE", "LOGICAL_CLOCK"],
  default: "LOGICAL_CLOCK",
} as const;
const WORKERS = { least: "0" };

/**
 * MySQL 8.4 as it differs from 9.7: every definition of a setting in the two versions' sources (`sys_vars.cc`,
 * `mysqld.cc`, `ha_innodb.cc` and the plugins') was compared, and what differs but for its words is here. The manual's
 * list of changes agrees.
 *
 * @see https://dev.mysql.com/doc/mysqld-version-reference/en/options-variables.html
 */
export const MYSQL_8_4: Differences = {
  source: "the sources of 8.4.8 and 9.7.2, compared, and the manual's list of changes between them",
  without: [
    "activate_mandatory_roles",
    "caching_sha2_password_enforce_storage_format",
    "caching_sha2_password_proxy_users",
    "caching_sha2_password_storage_format",
    "connection_memory_status_limit",
    "container_aware",
    "enable_cascade_triggers",
    "enable_secondary_engine_statistics",
    "external_table_secondary_storage_engine",
    "external_table_storage_engine",
    "global_connection_memory_status_limit",
    "innodb_native_foreign_keys",
    "log_diagnostic",
    "log_diagnostic_enable",
    "performance_schema_logger",
    "performance_schema_max_logger_classes",
    "performance_schema_meter",
    "replica_allow_higher_version_source",
    "server_memory",
    "table_open_cache_triggers",
  ],
  added: [
    { name: "group_replication_allow_local_lower_version_join", ...BOOLEAN },
    {
      name: "innodb_log_file_size",
      type: "integer",
      least: "4194304",
      most: "18446744073709551615",
      default: "50331648",
    },
    { name: "innodb_log_files_in_group", type: "integer", least: "2", most: "100", default: "2" },
    {
      name: "innodb_undo_tablespaces",
      type: "integer",
      least: "2",
      most: "127",
      restart: false,
      default: "2",
    },
    { name: "mysql_native_password", type: "choice", choices: ["OFF", "ON"], default: "OFF" },
    { name: "mysql_native_password_proxy_users", ...BOOLEAN },
    { name: "replica_parallel_type", ...PARALLEL_TYPE },
    { name: "slave_parallel_type", ...PARALLEL_TYPE },
    { name: "temptable_use_mmap", ...BOOLEAN },
  ],
  changed: {
    binlog_transaction_dependency_history_size: { most: "1000000", default: "25000" },
    caching_sha2_password_digest_rounds: { restart: true },
    explain_format: { default: "TRADITIONAL" },
    explain_json_format_version: { default: "1" },
    group_replication_recovery_use_ssl: { default: "FALSE" },
    group_replication_ssl_mode: { default: "DISABLED" },
    innodb_change_buffering: { default: "none" },
    innodb_log_writer_threads: { type: "boolean", choices: [], default: "TRUE" },
    replica_parallel_workers: WORKERS,
    slave_parallel_workers: WORKERS,
  },
};

/** PostgreSQL's newer minor versions have what the server that was asked does not have yet. */
export const POSTGRESQL_MINORS: Differences = {
  source: "newer minor versions, and servers with all libraries",
  without: [],
  added: [
    {
      name: "composite_type_mismatch",
      type: "choice",
      choices: ["error", "warn", "disabled"],
      restart: false,
    },
    { name: "output_plugin_libraries", restart: false },
  ],
  // A server without these libraries does not say that others take them.
  changed: {
    default_toast_compression: { choices: ["pglz", "lz4"] },
    wal_compression: { choices: ["pglz", "lz4", "zstd", "on", "off"] },
  },
};
