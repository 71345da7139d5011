/** What Redis' component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";
import type { SlowQueryTimes } from "../protocol/logs";

/** Port of clients without TLS. */
export const REDIS_PORT = 6379;

/** Port of clients with TLS, and of the members among themselves. */
export const REDIS_TLS_PORT = 6380;

/** Port on which clients ask where the members are: that of Sentinel's protocol. */
export const DISCOVERY_PORT = 26379;

/** Port that its exporter tells figures on. */
export const EXPORTER_PORT = 9121;

/** Where the exporter finds the server. */
export const EXPORTER_ADDRESS = `rediss://127.0.0.1:${REDIS_TLS_PORT}`;

/** The exporter's file with its password. */
export const EXPORTER_FILE = "passwords.json";

/** The administrator. */
export const ADMINISTRATOR = "admin";

/** The agent's own account, with a password that lasts as long as its pod. */
export const AGENT_USER = "stateful_agent";

/** File below `stateful` of the volume: the server has ended with a picture of all its data. */
export const SAVED_FILE = "saved";

/** File in the data directory of a server whose data is in memory alone. */
export const IN_MEMORY_FILE = "in-memory";

/** From when on a command is slow: nobody else is answered meanwhile. The server's own 10 ms would tell of many a large key. */
export const SLOW_QUERIES: SlowQueryTimes = { default: 100, least: 1 };

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is below it: its root may hold `lost+found`. */
  volume: "/data",
  /** Socket and accounts; in memory. */
  run: "/run/server",
  config: CONFIG_PATH,
  configFile: `${CONFIG_PATH}/server.conf`,
} as const;

/** What the agent must know beside the server's own settings. */
export interface AgentSettings {
  /** Whether clients may come without TLS. */
  plain: boolean;
  /** Whether what only a lost primary had may be lost, for the sake of going on. */
  mayLose: boolean;
  /** Whether data is in memory alone, and gone with the server. */
  volatile: boolean;
}

/** Before each of them in the server's file, where it is a comment. */
const MARK = "#stateful ";

/** As lines of the server's file. */
export function agentLines(settings: AgentSettings): string[] {
  return Object.entries(settings).map(([name, value]) => `${MARK}${name} ${String(value)}`);
}

/** Reads them back. What is not said is no. */
export function settingsOf(file: string): AgentSettings {
  const said = new Set(file.split("\n").map((line) => line.trim()));
  const is = (name: keyof AgentSettings): boolean => said.has(`${MARK}${name} true`);
  return { plain: is("plain"), mayLose: is("mayLose"), volatile: is("volatile") };
}
