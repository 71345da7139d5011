import { Durability } from "../database/args";
import type { EngineLimits } from "../database/checks";
import { ADMINISTRATOR, AGENT_USER, DEFAULT_USER, SLOW_QUERIES } from "./protocol";

/** What Cassandra allows, and what its component keeps for itself. */
export const CASSANDRA_LIMITS: EngineLimits = {
  engine: "cassandra",
  // The image's script, and what it runs the server with.
  reservedVariables: /^(CASSANDRA_|JVM_|JAVA_|JDK_JAVA_|MAX_HEAP_SIZE$|HEAP_NEWSIZE$|CLASSPATH$)/,
  tagIsVersion: true,
  versions: ["5.0"],
  // Two have no majority without each other. Nobody is elected: from three on an even number is as good as an odd one.
  replicas: [1, 3, 4, 5, 6, 7, 8, 9],
  durabilities: [Durability.Majority, Durability.Preferred],
  minMemory: "2Gi",
  slowQueries: SLOW_QUERIES,
  hugePages: {
    can: false,
    instead:
      "its heap is in usual pages here, and most of its memory is the kernel's cache of files, which cannot be in huge ones",
  },
  initSql: { can: false, instead: "make keyspaces and tables by an init container of the application" },
  follow: { can: false, instead: "begin with a copy of it (restoreFrom), or write to both" },
  // 48 is the most that a keyspace's name may have. A user's becomes two longer, with `_a` or `_b`, and has no limit.
  identifier: {
    pattern: /^[a-z][a-z0-9_]{0,47}$/,
    rule: "at most 48 lower-case letters, digits and '_', a letter first",
  },
  reservedDatabases: [
    "system",
    "system_auth",
    "system_schema",
    "system_distributed",
    "system_traces",
    "system_views",
    "system_virtual_schema",
  ],
  reservedUsers: [DEFAULT_USER, ADMINISTRATOR, AGENT_USER],
};

/** Memory of a member where nothing is said: the least that it works with, which is more than other engines begin with. */
export const DEFAULT_MEMORY = CASSANDRA_LIMITS.minMemory;

/** What the server takes: passwords are hashed by bcrypt, which reads no further. */
export const MAX_PASSWORD_BYTES = 72;
