/** What MySQL's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";

/** Port of the classic protocol, which clients and the group use. */
export const MYSQL_PORT = 3306;

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
