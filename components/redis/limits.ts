import { REPLICATION_USER } from "../protocol/accounts";
import { Durability } from "../database/args";
import type { EngineLimits } from "../database/checks";
import { EXPORTER_USER } from "../protocol/exporter";
import { REDIS_EXPORTER } from "./exporter";
import { ADMINISTRATOR, AGENT_USER, SLOW_QUERIES } from "./protocol";

/** What Redis and Valkey allow, and what their component keeps for itself. */
export const REDIS_LIMITS: EngineLimits = {
  engine: "redis",
  tagIsVersion: true,
  // Valkey's, then Redis'.
  versions: ["8.1", "9.1", "8.0"],
  // Odd numbers: an even one needs a larger majority, and survives no more. All replicas hang on one primary.
  replicas: [1, 3, 5],
  durabilities: [Durability.Preferred, Durability.Majority],
  minMemory: "256Mi",
  slowQueries: SLOW_QUERIES,
  hugePages: {
    can: false,
    instead: "its server forks to write, and a large page that is written to meanwhile is copied whole",
  },
  initSql: { can: false, instead: "there is no schema: let the application write what it begins with" },
  exporter: REDIS_EXPORTER,
  follow: { can: false, instead: "copy the data with a snapshot file (redis-cli --rdb), or write to both" },
  identifier: {
    pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
    rule: "at most 63 letters, digits, '_' and '-', a letter first",
  },
  reservedDatabases: [],
  reservedUsers: ["default", ADMINISTRATOR, AGENT_USER, REPLICATION_USER, EXPORTER_USER],
};

/** Where nothing is said: fast, and what a lost primary alone had may be lost. */
export const DEFAULT_DURABILITY = Durability.Preferred;

/** Databases have numbers. */
export const DATABASES = 16;
