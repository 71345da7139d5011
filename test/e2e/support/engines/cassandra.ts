import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CASSANDRA_TOPOLOGY } from "../../../../components/cassandra/topology";
import { MAKES_MARKER, patch, READS_MARKER, READS_SET, SHOWS_ITSELF } from "./acts";
import { inFile, inProgram, type MeasuredEngine } from "./engine";

/** There is no client in the jars: the driver of Python does for it, which the images have. */
const SCRIPT = readFileSync(join(__dirname, "cassandra-shell.py")).toString("base64");

/** The line that runs statements; the password is in its environment. */
const run = (host: string, user: string): string =>
  `python3 -c "$(echo ${SCRIPT} | base64 -d)" ${host} ${user}`;

/** Cassandra, a ring of equals. */
export const cassandra: MeasuredEngine = {
  name: "cassandra",
  version: "5.0",
  replicas: 3,
  topology: CASSANDRA_TOPOLOGY,
  container: "cassandra",
  process: "java",
  volume: "/var/lib/cassandra",
  writer: "cassandra.ts",
  images: {
    bed: {
      database: { version: "5.0", image: "stateful.test/cassandra:5.0" },
      otherVersions: [],
      images: { cassandra: "stateful.test/cassandra:5.0" },
    },
    elsewhere: { otherVersions: [], images: { cassandra: "docker.io/library/cassandra:5.0" } },
  },
  ownActs: [
    SHOWS_ITSELF,
    MAKES_MARKER,
    READS_MARKER,
    READS_SET,
    ["reads its members' addresses", "get", "service", "orders-0"],
    [
      "shows how many members its ring has",
      ...patch("statefulset/orders", { metadata: { annotations: { "stateful/members": "4" } } }),
    ],
  ],
  shell: {
    application: (secrets, host) =>
      `PASSWORD="$(cat ${secrets}/password)" ${run(host, `"$(cat ${secrets}/username)"`)}`,
    user: (host) => `read -r user && read -r PASSWORD && export PASSWORD && exec ${run(host, '"$user"')}`,
    administrator: `read -r PASSWORD && export PASSWORD && exec ${run("127.0.0.1", "admin")}`,
  },
  leastMemory: "2Gi",
  source: "the figures asked of Cassandra with three replicas on two processors",
  // A ring takes minutes to be begun: its story ends with a fault. All of them are in the matrix.
  struckInBuilds: [],
  attemptTimeoutMs: 3_000,
  asked: {
    "pod-deleted": { writeGapSeconds: 3, failedWrites: 0 },
    "server-killed": { writeGapSeconds: 3, failedWrites: 0 },
    "node-stopped": { writeGapSeconds: 3, failedWrites: 0 },
    partition: { writeGapSeconds: 3, failedWrites: 0 },
    "disk-lost": { writeGapSeconds: 3, failedWrites: 0 },
    "disk-full": { writeGapSeconds: 3 },
    "disk-hung": { writeGapSeconds: 3 },
    "all-pods-killed": { writeGapSeconds: 120 },
    "large-transaction": {},
    "cpu-starved": {},
    "api-server-down": { writeGapSeconds: 0, failedWrites: 0 },
    "rolling-update": { writeGapSeconds: 3, failedWrites: 0 },
  },
  guarantees: {
    "synced-log": {
      what: "a write is on the disk before it is acknowledged (`commitlog_sync: group`); shown with one replica",
      fault: "node-stopped",
      expected: "lost",
      database: { replicas: 1 },
      adapt: inFile("cassandra.yaml", (file) =>
        file
          .replace(/^commitlog_sync: .*$/m, 'commitlog_sync: "periodic"')
          .replace(/^commitlog_sync_group_window: .*$/m, 'commitlog_sync_period: "10000ms"'),
      ),
    },
    "seed-rule": {
      what: "who begins with an empty disk is no seed: a server that is one does not take a lost member's place, or begins a ring of its own",
      fault: "disk-lost",
      expected: "not recovered",
      adapt: inProgram(/\?this\.seedsOfRing\((\w+)\):/, "?[...$1.values()]:"),
    },
  },
  notShown: [
    {
      what: "the others compare their copies before a lost disk's member takes its place",
      why: "it takes a write that came to two of three members alone, and streaming from the third: simulated (`test/unit/agent/cassandra/ring.test.ts`)",
    },
  ],
};
