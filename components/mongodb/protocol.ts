/** What MongoDB's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";

export const MONGODB_PORT = 27017;

/** The administrator. */
export const ADMINISTRATOR = "admin";

/** Where accounts are kept, whatever they may do where. */
export const ACCOUNTS_DATABASE = "admin";

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is below it: its root may hold `lost+found`. */
  volume: "/data",
  /** What the server reads when it starts; in memory. */
  run: "/run/server",
  config: CONFIG_PATH,
  configFile: `${CONFIG_PATH}/server.json`,
} as const;

/** Files below `PATHS.run`. */
export const RUN_FILES = {
  config: "mongod.json",
  key: "members.key",
  certificate: "server.pem",
  authority: "ca.pem",
} as const;
