/** What Cassandra's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";
import type { SlowQueryTimes } from "../protocol/logs";

/** Port of clients, with TLS and, unless that is required, without. */
export const CQL_PORT = 9042;

/** Port of the members among themselves, in TLS. */
export const INTERNODE_PORT = 7000;

/** Port of the server's own management, on the pod's loopback address alone. */
export const JMX_PORT = 7199;

/** The administrator. */
export const ADMINISTRATOR = "admin";

/** The agents' own account. */
export const AGENT_USER = "stateful_agent";

/** The account that a new ring begins with, password included; it is locked before anybody is let in. */
export const DEFAULT_USER = "cassandra";

/** The one data centre that a database is in. */
export const DATACENTER = "dc1";

/** The one rack of a ring that counts none. */
export const ONE_RACK = "rack1";

/** What counts as a rack: members of one are expected to fail together. */
export enum Racks {
  /** All members are in one. */
  One = "one",
  /** Each zone of the cluster is one. */
  Zones = "zones",
}

/** Key beside the names of users: what counts as a rack, where that is not one for all. */
export const RACKS_FILE = "racks";

/** The most members that hold a copy of a row, unless a keyspace says otherwise. */
export const COPIES = 3;

/** How often all copies of a row are compared: half of the time after which a deletion is forgotten, so that one that fails can be made up for. */
export const REPAIRED_EVERY_DAYS = 5;

/** From when on a statement is slow: the server's own `slow_query_log_timeout`. */
export const SLOW_QUERIES: SlowQueryTimes = { default: 500, least: 100 };

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is in its directory `data`. */
  volume: "/var/lib/cassandra",
  /** What the agent writes for the server; in memory. */
  run: "/run/server",
  config: CONFIG_PATH,
  configFile: `${CONFIG_PATH}/cassandra.yaml`,
} as const;

/** Files in {@link PATHS.run} that the agent writes before each start. */
export const RUN_FILES = {
  /** The component's settings, with the member's addresses and its seeds. */
  config: "cassandra.yaml",
  /** The member's data centre and rack. */
  place: "rackdc.properties",
  /** What the server says, and how. */
  logging: "logback.xml",
  /** Its key and its certificate, one after the other. */
  certificate: "server.pem",
} as const;
