import type { MeasuredEngine } from "./engine";

/** PostgreSQL under Patroni. */
export const postgresql: MeasuredEngine = {
  name: "postgresql",
  version: "17",
  replicas: 3,
  port: 5432,
  container: "postgresql",
  process: "postgres",
  volume: "/var/lib/postgresql",
  writer: "postgresql.ts",
  usernameKey: "username",
  source: "the figures asked of PostgreSQL with three replicas on two processors",
  asked: {
    "pod-deleted": { writeGapSeconds: 5 },
    "server-killed": { writeGapSeconds: 10 },
    "node-stopped": { writeGapSeconds: 30 },
    partition: { writeGapSeconds: 30 },
    "disk-lost": {},
    "disk-full": {},
    "all-pods-killed": { writeGapSeconds: 60 },
    "api-server-down": { writeGapSeconds: 0 },
    "rolling-update": {},
  },
  promises: {
    "synchronous-commit": {
      what: "a commit is on another member's disk before it is acknowledged (`synchronous_commit` on, not local)",
      fault: "partition",
      expected: "lost",
      database: { settings: { synchronous_commit: "local" } },
    },
    "durable-commit": {
      what: "a commit is on the disk before it is acknowledged (`synchronous_commit` on, not off); shown with one replica",
      fault: "node-stopped",
      expected: "lost",
      database: { replicas: 1, settings: { synchronous_commit: "off" } },
    },
    replicas: {
      what: "another member takes over (three replicas, not one)",
      fault: "node-stopped",
      expected: "gap",
      database: { replicas: 1 },
    },
  },
  notShown: [
    {
      what: "a member is elected only if it has every acknowledged write (`synchronous_mode: quorum`)",
      why: "Patroni's settings cannot be changed from the stack file, and the agent puts them back",
    },
  ],
};
