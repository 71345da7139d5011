/** What MongoDB's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";
import type { SlowQueryTimes } from "../protocol/logs";

export const MONGODB_PORT = 27017;

/** The administrator. */
export const ADMINISTRATOR = "admin";

/** Whom members are to each other, by the key that they share: an account that is in no data. */
export const MEMBERS_USER = "__system";

/** Where accounts are kept, whatever they may do where. */
export const ACCOUNTS_DATABASE = "admin";

/** From when on an operation is slow: a second. The server's own 100 ms would have it log much of a busy disk. */
export const SLOW_QUERIES: SlowQueryTimes = { default: 1000, least: 100 };

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is below it: its root may hold `lost+found`. */
  volume: "/data",
  /** What the server reads when it starts; in memory. */
  run: "/run/server",
  config: CONFIG_PATH,
  configFile: `${CONFIG_PATH}/mongod.conf`,
} as const;

/** Files below `PATHS.run`, which the agent writes. */
export const RUN_FILES = { key: "members.key", certificate: "server.pem", authority: "ca.pem" } as const;

/** What the agent must know beside the server's own settings. */
export interface AgentSettings {
  /** Whether the data is to stay readable by the version before. */
  holdsFeatures: boolean;
}

/** Before it in the server's file, where it is a comment. */
const MARK = "#stateful ";

/** As a line of the server's file. */
export function agentLine(settings: AgentSettings): string {
  return `${MARK}${JSON.stringify(settings)}`;
}

/** Reads it back. What is not said is no. */
export function settingsOf(file: string): AgentSettings {
  const line = file.split("\n").find((one) => one.startsWith(MARK));
  const said = line === undefined ? {} : (JSON.parse(line.slice(MARK.length)) as Partial<AgentSettings>);
  return { holdsFeatures: said.holdsFeatures === true };
}
