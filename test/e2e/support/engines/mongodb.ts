import { MONGODB_TOPOLOGY } from "../../../../components/mongodb/topology";
import { LEADS_CLIENTS, LEADS_READS, MAKES_MARKER, READS_MARKER, READS_SET, SHOWS_ITSELF } from "./acts";
import { type MeasuredEngine, SECOND_USER, TAKEOVER } from "./engine";

/** Runs statements in JavaScript; who does is in the environment, so that no password is an argument. */
const run = (host: string): string =>
  `mongosh --quiet --nodb --eval "db = connect('mongodb://' + encodeURIComponent(process.env.LOGIN) + ':' + ` +
  `encodeURIComponent(process.env.PASSWORD) + '@${host}:27017/app?authSource=admin&directConnection=true'); $(cat)"`;

/** MongoDB, whose servers elect. */
export const mongodb: MeasuredEngine = {
  name: "mongodb",
  version: "8.0",
  replicas: 3,
  topology: MONGODB_TOPOLOGY,
  container: "mongodb",
  process: "mongod",
  volume: "/data",
  writer: "mongodb.ts",
  images: {
    bed: {
      database: { version: "8.0", image: "stateful.test/mongodb-stand-in:8.0" },
      otherVersions: [],
      images: { mongodb: "stateful.test/mongodb-stand-in:8.0" },
      standIn: "a stand-in for its server, which no package registry has",
    },
    elsewhere: { otherVersions: [{ version: "7.0" }], images: { mongodb: "docker.io/library/mongo:8.0" } },
  },
  leastMemory: "1Gi",
  leastStorage: "4Gi",
  ownActs: [SHOWS_ITSELF, LEADS_CLIENTS, LEADS_READS, MAKES_MARKER, READS_MARKER, READS_SET],
  shell: {
    application: (secrets, host) =>
      `LOGIN="$(cat ${secrets}/username)" PASSWORD="$(cat ${secrets}/password)" ${run(host)}`,
    user: (host) => `read -r LOGIN && read -r PASSWORD && export LOGIN PASSWORD && exec ${run(host)}`,
    administrator: `read -r PASSWORD && export LOGIN=admin PASSWORD && exec ${run("127.0.0.1")}`,
  },
  source: "the figures asked of MongoDB with three replicas",
  // Its story ends with a fault.
  struckInBuilds: [],
  extras: { what: SECOND_USER.what, args: () => SECOND_USER.args },
  asked: {
    "pod-deleted": { writeGapSeconds: 3 },
    "server-killed": { writeGapSeconds: 10 },
    "node-stopped": { writeGapSeconds: 20 },
    partition: { writeGapSeconds: 20 },
    "disk-lost": { writeGapSeconds: 10 },
    "disk-full": {},
    "disk-hung": { writeGapSeconds: 30 },
    "all-pods-killed": { writeGapSeconds: 60 },
    "large-transaction": {},
    "cpu-starved": {},
    "api-server-down": { writeGapSeconds: 0 },
    "rolling-update": { writeGapSeconds: 3 },
  },
  guarantees: {
    replicas: TAKEOVER,
  },
  notShown: [
    {
      what: "who has lost its disk is taken out of the set before its server may start",
      why: "it takes a member that lags, and the loss of the primary at that moment: simulated (`test/unit/agent/mongodb/simulation.test.ts`)",
    },
  ],
};
