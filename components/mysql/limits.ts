import { REPLICATION_USER } from "../protocol/accounts";
import { Durability } from "../database/args";
import type { EngineLimits } from "../database/checks";
import { EXPORTER_USER } from "../protocol/exporter";
import { MYSQL_EXPORTER } from "./exporter";
import { SLOW_QUERIES } from "./protocol";

/** What MySQL allows, and what its component keeps for itself. */
export const MYSQL_LIMITS: EngineLimits = {
  engine: "mysql",
  reservedVariables: /^(MYSQL|MYSQLD_|LIBMYSQL_)/,
  tagIsVersion: true,
  // LTS releases only: an innovation release has no updates after three months.
  versions: ["8.4", "9.7"],
  // Odd numbers: an even one needs a larger majority, and survives no more. Nine is the limit of Group Replication.
  replicas: [1, 3, 5, 7, 9],
  durabilities: [Durability.Majority, Durability.All],
  minMemory: "768Mi",
  slowQueries: SLOW_QUERIES,
  hugePages: { can: false, instead: "its buffer pool is in usual pages here" },
  initSql: { can: true, clientCommand: /^\s*(DELIMITER|SOURCE|\\[A-Za-z.])/im, client: "mysql" },
  exporter: MYSQL_EXPORTER,
  follow: {
    can: false,
    instead:
      "begin with a copy of it (restoreFrom), or lead its writes over by replication that you set up yourself from a dump with GTIDs",
  },
  identifier: {
    pattern: /^[A-Za-z][A-Za-z0-9_]{0,31}$/,
    rule: "at most 32 letters, digits and '_', a letter first",
  },
  reservedDatabases: ["mysql", "sys", "information_schema", "performance_schema"],
  reservedUsers: [
    "root",
    REPLICATION_USER,
    EXPORTER_USER,
    "mysql",
    "mysql.sys",
    "mysql.session",
    "mysql.infoschema",
  ],
  users: { alternates: false, reserved: { pattern: /^(stateful_|mysql)/, rule: "stateful_…, mysql…" } },
  backup: {
    transaction: {
      pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9]\d*$/i,
      rule: "a GTID without a tag, `<uuid>:<number>`, as the server's gtid_executed and its binary log have it",
    },
  },
};

/** What the server takes. https://dev.mysql.com/doc/refman/8.4/en/password-management.html */
export const MAX_PASSWORD_BYTES = 256;
