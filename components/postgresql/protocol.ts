/** What PostgreSQL's component and its agent must agree on: see `components/protocol`. */
import { CONFIG_PATH } from "../protocol/paths";
import type { SourceAddress } from "../protocol/follow";
import type { SlowQueryTimes } from "../protocol/logs";

/** Port that clients connect to. */
export const POSTGRESQL_PORT = 5432;

/** Port of Patroni's REST API. */
export const PATRONI_PORT = 8008;

/** The administrator; logs in without a password over the pod's own socket alone. */
export const ADMINISTRATOR = "postgres";

/** The account by which PgBouncer looks up the passwords of others, where the Secret names none. */
export const POOLER_USER = "stateful_pooler";

/** Those that it may be: a rotation goes from one of the last two to the other, so that both are let in for a while. */
export const POOLER_USERS = [POOLER_USER, `${POOLER_USER}_a`, `${POOLER_USER}_b`];

/** Schema of the function that it does so by, in the application's database. */
export const POOLER_SCHEMA = "stateful_pooler";

/** Key and file of its password, below the directory of credentials. */
export const POOLER_KEY = "pooler-password";

/** The same of its name; it need not be there. */
export const POOLER_USER_KEY = "pooler-username";

/** Port that its exporter tells figures on. */
export const EXPORTER_PORT = 9187;

/** The database that the exporter is connected to: not the application's, which could not be dropped or copied then. */
export const EXPORTER_DATABASE = "postgres";

/** The exporter's file with its password, as libpq's `passfile`. */
export const EXPORTER_PASSFILE = "pgpass";

/** File with the password of Patroni's REST API, below the directory of credentials. */
export const REST_PASSWORD_FILE = "rest-password";

/** From when on a statement is slow: a second. The server itself logs none. */
export const SLOW_QUERIES: SlowQueryTimes = { default: 1000, least: 100 };

/** Paths inside the pod. */
export const PATHS = {
  /** Where the replica's volume is mounted. The data is below it: its root may hold `lost+found`. */
  volume: "/var/lib/postgresql",
  /** Socket; in memory. */
  run: "/var/run/postgresql",
  config: CONFIG_PATH,
} as const;

/** File, below the agent's and the script's own directory, with the last file of the log that is stored; or that all may go. */
export const ARCHIVED_FILE = "archived";
export const ALL_ARCHIVED = "all";

/** Files in the same directory: a program that is to run in place of Patroni, once, and what became of it. */
export const TASK_FILES = { task: "task", out: "task.out", code: "task.code", end: "task.end" } as const;

/** Arguments by which there is a PgBouncer. */
export type PoolerKey = "pooler" | "replicasPooler";

/** File with what the component asks of its servers, below `PATHS.config`. */
export const SETTINGS_FILE = "settings.json";

/** What the component asks of its servers: the content of that file. */
export interface WantedSettings {
  /** Where a commit is, before it is acknowledged: with a majority, with all that are there, or as far as they are. */
  durability: "majority" | "all" | "preferred";
  /** Whether clients without TLS are refused. */
  requireTls: boolean;
  /** Whether members verify each other's certificates. */
  verifyMembers: boolean;
  /** Where the server's programs are. */
  binaries: string;
  extensions: string[];
  /** Settings of the server, by name. */
  parameters: Record<string, string>;
  /** Lines of pg_hba.conf for clients, after those of the members. */
  clientHba: string[];
  /** The database that this one is a copy of, until it is promoted. */
  follow?: SourceAddress;
  /** Replication slots for databases that follow this one; absent where what there is stays. */
  followerSlots?: string[];
  /** Whether the exporter beside each server is let in. */
  exporter?: boolean;
  /** PgBouncer stands before the primary, the replicas, or both, for this database. */
  pooler?: { database: string; before: PoolerKey[] };
}
