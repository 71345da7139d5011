import { Durability } from "../database/args";
import type { EngineLimits } from "../database/checks";
import { ACCOUNTS_DATABASE, ADMINISTRATOR, MEMBERS_USER, SLOW_QUERIES } from "./protocol";

/** What MongoDB allows, and what its component keeps for itself. */
export const MONGODB_LIMITS: EngineLimits = {
  engine: "mongodb",
  // The image's script makes accounts of these, and begins a server of its own for it.
  reservedVariables: /^MONGO_/,
  tagIsVersion: true,
  versions: ["8.0", "7.0"],
  // Odd numbers: an even one needs a larger majority, and survives no more. More than seven have no vote.
  // https://www.mongodb.com/docs/manual/reference/limits/#replica-sets
  replicas: [1, 3, 5, 7],
  // What one member alone has acknowledged is undone when another one is elected.
  durabilities: [Durability.Majority],
  minMemory: "1Gi",
  slowQueries: SLOW_QUERIES,
  hugePages: {
    can: false,
    instead:
      "its allocator asks for no huge pages; since 8.0 transparent ones do it good, which are a matter of the nodes",
  },
  initSql: {
    can: false,
    instead: "collections are made by the first write; make indexes by an init container of the application",
  },
  follow: { can: false, instead: "copy the data with mongodump and mongorestore" },
  // https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
  identifier: {
    pattern: /^[A-Za-z][A-Za-z0-9_-]{0,60}$/,
    rule: "at most 61 letters, digits, '_' and '-', a letter first",
  },
  reservedDatabases: [ACCOUNTS_DATABASE, "local", "config"],
  reservedUsers: [ADMINISTRATOR, MEMBERS_USER],
  users: { alternates: true, reserved: { pattern: /^__/, rule: "__…" } },
};
