import { ADMINISTRATOR, POOLER_USERS, SLOW_QUERIES } from "./protocol";
import { REPLICATION_USER } from "../protocol/accounts";
import { Durability } from "../database/args";
import { EXPORTER_USER } from "../protocol/exporter";
import { POSTGRESQL_EXPORTER } from "./exporter";
import type { EngineLimits } from "../database/checks";

/** How a replication slot may be called. https://www.postgresql.org/docs/17/warm-standby.html#STREAMING-REPLICATION-SLOTS */
export const SLOT = {
  pattern: /^[a-z0-9_]{1,63}$/,
  rule: "at most 63 lower-case letters, digits and '_'",
};

/** What PostgreSQL allows, and what its component keeps for itself. */
export const POSTGRESQL_LIMITS: EngineLimits = {
  engine: "postgresql",
  reservedVariables: /^(PG|PATRONI_|PYTHON)/,
  // The default images' is `pg17-oss`.
  tagIsVersion: false,
  versions: ["17", "18", "16"],
  // Odd numbers: an even one needs a larger majority, and survives no more.
  replicas: [1, 3, 5, 7, 9],
  durabilities: [Durability.Majority, Durability.All, Durability.Preferred],
  minMemory: "512Mi",
  slowQueries: SLOW_QUERIES,
  hugePages: { can: true },
  initSql: { can: true, clientCommand: /^\s*\\[A-Za-z!?]/m, client: "psql" },
  exporter: POSTGRESQL_EXPORTER,
  follow: { can: true, slot: SLOT },
  users: { alternates: true, reserved: { pattern: /^(stateful_|pg_)/, rule: "stateful_…, pg_…" } },
  backup: {
    transaction: {
      pattern: /^[1-9]\d{0,9}$/,
      rule: "the number of a transaction, as `xmin` of a row, the server's log (%x) and pg_waldump have it",
    },
  },
  identifier: {
    pattern: /^[a-z_][a-z0-9_]{0,30}$/,
    rule: "at most 31 lower-case letters, digits and '_', a letter or '_' first",
  },
  reservedDatabases: ["postgres", "template0", "template1"],
  reservedUsers: [ADMINISTRATOR, REPLICATION_USER, EXPORTER_USER, ...POOLER_USERS, "public", "none"],
};

/** Connections that a server takes, where `settings` do not say otherwise. */
export const MAX_CONNECTIONS = 100;
