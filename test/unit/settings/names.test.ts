import assert from "node:assert/strict";
import { Problems } from "../../../components/common/problems";
import { mysqlLanguage } from "../../../components/mysql/settings/language";
import { postgresqlLanguage } from "../../../components/postgresql/settings/language";
import { checkSettings, type SettingLanguage } from "../../../components/settings/check";
import { serverConfig } from "../../../components/mysql/server-config";
import { Durability } from "../../../components";

function mistakes(settings: Record<string, string>, language: SettingLanguage): string[] {
  const problems = new Problems("");
  checkSettings(settings, language, problems);
  return problems.found.map(({ key, allowed, fix }) => `${key}: ${allowed}: ${fix}`);
}

/** An option file of somebody who has run MySQL for years, but for what is the component's. */
const MYSQL_FILE = {
  "max-connections": "500",
  thread_cache_size: "50",
  "innodb-buffer-pool-size": "1G",
  innodb_buffer_pool_instances: "4",
  innodb_redo_log_capacity: "2147483648",
  innodb_flush_method: "O_DIRECT",
  innodb_io_capacity: "2000",
  innodb_io_capacity_max: "4000",
  innodb_print_all_deadlocks: "ON",
  innodb_file_per_table: "1",
  innodb_monitor_enable: "%",
  innodb_temp_data_file_path: "ibtmp1:64M:autoextend:max:2G",
  innodb_log_writer_threads: "OFF",
  "skip-external-locking": "1",
  "skip-name-resolve": "ON",
  skip_log_slow_extra: "TRUE",
  "character-set-server": "utf8mb4",
  collation_server: "utf8mb4_unicode_ci",
  init_connect: "SET NAMES utf8mb4; SET @tenant='a#b'",
  sql_mode: "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
  optimizer_switch: "index_merge=off,mrr=on,default",
  transaction_isolation: "READ-COMMITTED",
  eq_range_index_dive_limit: "100",
  log_error_verbosity: "3",
  log_timestamps: "SYSTEM",
  binlog_format: "ROW",
  binlog_row_image: "minimal",
  binlog_expire_logs_seconds: "604800",
  max_allowed_packet: "256M",
  tmp_table_size: "64M",
  max_heap_table_size: "64M",
  table_open_cache: "4000",
  open_files_limit: "65535",
  group_concat_max_len: "1048576",
  event_scheduler: "ON",
  local_infile: "0",
  default_time_zone: "+01:00",
  lower_case_table_names: "1",
  explicit_defaults_for_timestamp: "ON",
  performance_schema_instrument: "wait/lock/metadata/sql/mdl=ON",
  performance_schema_max_digest_length: "4096",
  performance_schema_digests_size: "-1",
  loose_validate_password_policy: "LOW",
  "loose-group-replication-transaction-size-limit": "50M",
  group_replication_flow_control_mode: "DISABLED",
  mysqlx: "ON",
  mysqlx_port: "33060",
  "hot.key_buffer_size": "8M",
  tls_version: "TLSv1.3",
  sql_require_primary_key: "ON",
  wait_timeout: "600",
  maximum_sort_buffer_size: "64M",
};

/** The same for PostgreSQL, from a service that proposes one. */
const POSTGRESQL_FILE = {
  max_connections: "200",
  shared_buffers: "512MB",
  effective_cache_size: "3GB",
  maintenance_work_mem: "524288kB",
  checkpoint_completion_target: "0.9",
  wal_buffers: "16MB",
  default_statistics_target: "100",
  random_page_cost: "1.1",
  effective_io_concurrency: "200",
  work_mem: "2621kB",
  huge_pages: "try",
  min_wal_size: "1GB",
  max_wal_size: "4 GB",
  max_worker_processes: "4",
  max_parallel_workers_per_gather: "2",
  jit: "off",
  Timezone: "Europe/Berlin",
  log_timezone: "EST5EDT",
  DateStyle: "ISO, DMY",
  lc_messages: "en_US.UTF-8",
  search_path: '"$user", public',
  log_line_prefix: "%m [%p] %q%u@%d ",
  log_error_verbosity: "verbose",
  log_rotation_age: "1d",
  log_statement: "ddl",
  statement_timeout: "5min",
  lock_timeout: "0.5s",
  idle_in_transaction_session_timeout: "60000",
  autovacuum_naptime: "15s",
  autovacuum_vacuum_cost_delay: "2ms",
  autovacuum_vacuum_scale_factor: "1e-2",
  vacuum_cost_page_miss: "0x2",
  log_file_mode: "0640",
  temp_file_limit: "-1",
  wal_compression: "zstd",
  shared_preload_libraries: "pg_stat_statements,auto_explain",
  "pg_stat_statements.track": "all",
  "auto_explain.log_min_duration": "250ms",
  synchronous_commit: "remote_apply",
  client_min_messages: "NOTICE",
  bytea_output: "escape",
};

describe("settings as people have them", () => {
  for (const version of ["8.4", "9.7"]) {
    it(`are taken for MySQL ${version}`, () => {
      assert.deepEqual(mistakes(MYSQL_FILE, mysqlLanguage(version)), []);
    });
  }

  for (const version of ["16", "17", "18"]) {
    it(`are taken for PostgreSQL ${version}`, () => {
      assert.deepEqual(mistakes(POSTGRESQL_FILE, postgresqlLanguage(version)), []);
    });
  }

  it("are what a version has: another one's are refused, and the way out is told", () => {
    const carried = { innodb_log_file_size: "1G", temptable_use_mmap: "OFF" };
    assert.deepEqual(mistakes(carried, mysqlLanguage("8.4")), []);
    assert.match(mistakes(carried, mysqlLanguage("9.7"))[0]!, /innodb_redo_log_capacity/);
    assert.equal(mistakes({ server_memory: "1G" }, mysqlLanguage("8.4")).length, 1);
    assert.match(mistakes({ default_time_zone: "Europe/Berln" }, mysqlLanguage("8.4"))[0]!, /Europe\/Berlin/);
    assert.match(mistakes({ default_time_zone: "+15:00" }, mysqlLanguage("8.4"))[0]!, /\+01:00/);
    assert.deepEqual(mistakes({ default_time_zone: "Europe/Berlin" }, mysqlLanguage("8.4")), []);
    assert.match(mistakes({ wal_keep_segments: "10" }, postgresqlLanguage("17"))[0]!, /wal_keep_size/);
  });

  it("come to MySQL as they were written, whatever an option file makes of its characters", () => {
    const settings = {
      init_connect: "SET @a='x' # tenant",
      secure_file_priv: "C:\\new\\table",
      ft_boolean_syntax: ' +-><()~*:""&|',
      "Max-Connections": "300",
      "Loose-Audit-Log": "ON",
    };
    const file = serverConfig({
      version: "8.4",
      resources: { cpu: "1", memory: "1Gi" },
      durability: Durability.Majority,
      settings,
    });
    const lines = file.split("\n");
    assert.ok(lines.includes(`init_connect = "SET @a='x' # tenant"`));
    assert.ok(lines.includes(`secure_file_priv = "C:\\\\new\\\\table"`));
    assert.ok(lines.includes(`ft_boolean_syntax = " +-><()~*:\\"\\"&|"`));
    assert.ok(lines.includes("max_connections = 300"));
    assert.ok(lines.includes("loose_audit_log = ON"));
  });

  it("hold no character that a file cannot", () => {
    for (const value of ["a\nb", "a\rb", "a\0b", "a\x1bb"]) {
      assert.equal(mistakes({ init_connect: value }, mysqlLanguage("8.4")).length, 1);
      assert.equal(mistakes({ application_name: value }, postgresqlLanguage("17")).length, 1);
    }
  });
});
