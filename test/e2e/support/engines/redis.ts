import { REDIS_TOPOLOGY } from "../../../../components/redis/topology";
import { LEADS_CLIENTS, LEADS_READS, MAKES_MARKER, READS_MARKER, READS_SET, SHOWS_ITSELF } from "./acts";
import { inFile, type MeasuredEngine, TAKEOVER } from "./engine";

/** Redis and Valkey, whose agents elect. */
export const redis: MeasuredEngine = {
  name: "redis",
  version: "8.1",
  replicas: 3,
  topology: REDIS_TOPOLOGY,
  exporter: { image: "stateful.test/redis-exporter:1.69", up: "redis_up" },
  container: "redis",
  process: "valkey-server",
  volume: "/data",
  writer: "redis.ts",
  images: {
    bed: {
      database: { version: "8.1", image: "stateful.test/valkey:8.1" },
      otherVersions: [],
      images: { redis: "stateful.test/valkey:8.1" },
    },
    elsewhere: { otherVersions: [], images: { redis: "docker.io/valkey/valkey:8.1" } },
  },
  arguments: { durability: "majority", database: "0" },
  ownActs: [
    SHOWS_ITSELF,
    LEADS_CLIENTS,
    LEADS_READS,
    MAKES_MARKER,
    READS_MARKER,
    ["reads its lease", "get", "lease", "orders-primary"],
    READS_SET,
  ],
  shell: {
    application: (secrets, host) =>
      `REDISCLI_AUTH="$(cat ${secrets}/password)" valkey-cli -h ${host} --user app --no-auth-warning`,
    user: (host) =>
      `read -r user && read -r REDISCLI_AUTH && export REDISCLI_AUTH && ` +
      `exec valkey-cli -h ${host} --user "$user" --no-auth-warning`,
    administrator:
      "read -r REDISCLI_AUTH && export REDISCLI_AUTH && " +
      "exec valkey-cli -s /run/server/server.sock --user admin --no-auth-warning",
  },
  source: "the figures asked of Redis with three replicas on two processors",
  // A build has 45 minutes for all engines.
  struckInBuilds: ["pod-deleted", "server-killed"],
  asked: {
    "pod-deleted": { writeGapSeconds: 2 },
    "server-killed": { writeGapSeconds: 4 },
    "node-stopped": { writeGapSeconds: 12 },
    partition: { writeGapSeconds: 12 },
    "disk-lost": { writeGapSeconds: 5 },
    "disk-full": {},
    "disk-hung": { writeGapSeconds: 20 },
    "all-pods-killed": { writeGapSeconds: 60 },
    "large-transaction": {},
    "cpu-starved": {},
    "api-server-down": { writeGapSeconds: 0 },
    "rolling-update": { writeGapSeconds: 3 },
  },
  guarantees: {
    replicas: TAKEOVER,
    "synced-log": {
      what: "a write is on the disk before it is acknowledged (`appendfsync always`); shown with one replica",
      fault: "node-stopped",
      expected: "lost",
      database: { replicas: 1 },
      adapt: inFile("server.conf", (file) => file.replace("appendfsync always", "appendfsync everysec")),
    },
  },
  notShown: [
    {
      what: "a primary that too few follow takes no writes (`min-replicas-to-write`)",
      why: "its agent ends its right first; the setting is for when that is dead, and the election's simulation shows it",
    },
  ],
};
