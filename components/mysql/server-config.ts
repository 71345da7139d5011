import { MEBIBYTE, mebibytes, parseBytes } from "../common/quantity";
import { canonicalSetting } from "../database/checks";
import { MYSQL_PORT } from "./limits";

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. */
  volume: "/var/lib/mysql",
  /** The data: below the mount, whose root may hold `lost+found`. */
  data: "/var/lib/mysql/data",
  /** Socket and the statements of the start; in memory. */
  run: "/run/mysqld",
  socket: "/run/mysqld/mysqld.sock",
  initFile: "/run/mysqld/init.sql",
  config: "/etc/stateful/config",
  configFile: "/etc/stateful/config/my.cnf",
  credentials: "/etc/stateful/credentials",
} as const;

/**
 * The server's option file.
 *
 * @param memory memory of a replica as a Kubernetes quantity
 * @param settings the user's settings, over ours
 */
export function serverConfig(memory: string, settings: Record<string, string> = {}): string {
  const ours: Record<string, string> = {
    datadir: PATHS.data,
    socket: PATHS.socket,
    pid_file: `${PATHS.run}/mysqld.pid`,
    tmpdir: "/tmp",
    port: String(MYSQL_PORT),
    mysqlx: "OFF",
    // Names of pods come and go, and a lookup that hangs would hang the client.
    skip_name_resolve: "ON",
    character_set_server: "utf8mb4",
    innodb_buffer_pool_size: bufferPool(memory),
    // A commit is on disk before it is acknowledged, in the log of the engine and in the binary log.
    innodb_flush_log_at_trx_commit: "1",
    sync_binlog: "1",
    gtid_mode: "ON",
    enforce_gtid_consistency: "ON",
    // Three days; the default of thirty fills many a volume.
    binlog_expire_logs_seconds: "259200",
  };
  const merged = new Map(Object.entries(ours));
  for (const [key, value] of Object.entries(settings)) merged.set(canonicalSetting(key), value);
  return ["[mysqld]", ...[...merged].map(([key, value]) => `${key} = ${value}`), ""].join("\n");
}

/**
 * The buffer pool: half of the memory from 1 GiB on, a quarter below. The rest is for connections, the
 * performance schema and sorting, which take some 300 MiB on a small server.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/innodb-buffer-pool-resize.html (steps of 128 MiB)
 */
export function bufferPool(memory: string): string {
  const step = 128;
  const available = (parseBytes(memory) ?? 0) / MEBIBYTE;
  const share = available >= 1024 ? available / 2 : available / 4;
  return mebibytes(Math.max(step, Math.floor(share / step) * step)).replace("Mi", "M");
}

/** Whether a commit is on disk before it is acknowledged. */
export function commitsAreDurable(settings: Record<string, string> = {}): boolean {
  const relaxed: Record<string, string> = { innodb_flush_log_at_trx_commit: "1", sync_binlog: "1" };
  return Object.entries(settings).every(([key, value]) => {
    const safe = relaxed[canonicalSetting(key)];
    return safe === undefined || safe === value.trim();
  });
}
