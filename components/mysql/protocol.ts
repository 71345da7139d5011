/** What MySQL's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";
import type { SlowQueryTimes } from "../protocol/logs";

/** Port of the classic protocol, which clients and the group use. */
export const MYSQL_PORT = 3306;

/** Port that its exporter tells figures on. */
export const EXPORTER_PORT = 9104;

/** The exporter's file with its login, an option file. */
export const EXPORTER_FILE = "my.cnf";

/** From when on a statement is slow: a second; the server's own `long_query_time` of 10 s hides most of what people wait for. */
export const SLOW_QUERIES: SlowQueryTimes = { default: 1000, least: 100 };

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is below it: its root may hold `lost+found`. */
  volume: "/var/lib/mysql",
  /** Socket and pid file; in memory. */
  run: "/run/mysqld",
  socket: "/run/mysqld/mysqld.sock",
  config: CONFIG_PATH,
  configFile: `${CONFIG_PATH}/my.cnf`,
} as const;
