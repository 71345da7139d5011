import { postgresqlTopology } from "../../../../components/postgresql/topology";
import { LEADS_READS, MAKES_MARKER, patch } from "./acts";
import { type MeasuredEngine, SECOND_USER, TAKEOVER } from "./engine";

/** A line for each row, and nothing else. */
/** What the source knows its follower by. */
const FOLLOWER_SLOT = "follower";

const ROWS = "--no-psqlrc --quiet --no-align --tuples-only --field-separator='\t' --set=ON_ERROR_STOP=1";

/** PostgreSQL under Patroni. */
export const postgresql: MeasuredEngine = {
  name: "postgresql",
  version: "17",
  replicas: 3,
  topology: postgresqlTopology({}),
  exporter: { image: "stateful.test/postgres-exporter:0.17", up: "pg_up" },
  container: "postgresql",
  process: "postgres",
  volume: "/var/lib/postgresql",
  writer: "postgresql.ts",
  refusesOtherVersion: /PostgreSQL cannot go from version \d+ to \d+ in place/,
  images: {
    bed: {
      database: { version: "17", image: "stateful.test/postgresql:17" },
      otherVersions: [{ version: "18", image: "stateful.test/postgresql:18" }],
      images: { postgresql: "stateful.test/postgresql:17", pgbouncer: "stateful.test/pgbouncer:1.24" },
    },
    elsewhere: {
      otherVersions: [{ version: "16" }, { version: "18" }],
      images: {
        postgresql: "docker.io/library/postgres:17",
        pgbouncer: "ghcr.io/cloudnative-pg/pgbouncer:1.25.2",
      },
    },
  },
  ownActs: [
    [
      "shows what its pod is, as Patroni does",
      ...patch("pod/orders-0", { metadata: { labels: { role: "primary" }, annotations: { status: "{}" } } }),
    ],
    [
      "takes its pod's role off, as Patroni does",
      ...patch("pod/orders-0", { metadata: { labels: { role: null } } }),
    ],
    [
      "takes the lock, as Patroni does",
      ...patch("endpoints/orders", {
        metadata: { annotations: { leader: "orders-0" } },
        subsets: [{ addresses: [{ ip: "198.18.255.255" }], ports: [{ name: "postgresql", port: 5432 }] }],
      }),
    ],
    [
      "writes down the synchronous members",
      ...patch("endpoints/orders-sync", { metadata: { annotations: { leader: "orders-0" } } }),
    ],
    ["looks at Patroni's state", "get", "endpoints", "--selector=app.kubernetes.io/instance=orders"],
    ["looks for its pods", "get", "pods", "--selector=app.kubernetes.io/instance=orders"],
    LEADS_READS,
    MAKES_MARKER,
  ],
  membersPort: 8008,
  shell: {
    application: (secrets, host) =>
      `PGPASSWORD="$(cat ${secrets}/password)" PGCONNECT_TIMEOUT=5 ` +
      `psql --host=${host} --username="$(cat ${secrets}/username)" ${ROWS} app`,
    user: (host) =>
      `read -r user && read -r PGPASSWORD && export PGPASSWORD PGCONNECT_TIMEOUT=5 && ` +
      `exec psql --host=${host} --username="$user" ${ROWS} app`,
    administrator: `read -r _ && exec psql --host=/var/run/postgresql --username=postgres ${ROWS}`,
  },
  repair: {
    makeBulk:
      "CREATE TABLE bulk (id serial PRIMARY KEY, content text NOT NULL); " +
      "ALTER TABLE bulk ALTER content SET STORAGE EXTERNAL",
    addBulk: (mebibytes) =>
      `INSERT INTO bulk (content) SELECT repeat(md5(random()::text), 32768) FROM generate_series(1, ${mebibytes})`,
    addNoise: (mebibytes) =>
      "INSERT INTO bulk (content) SELECT (SELECT string_agg(encode(sha512((random() + item)::text::bytea), 'base64'), '') " +
      `FROM generate_series(1, 11700)) FROM generate_series(1, ${mebibytes}) AS item`,
    sumOfBulk: "SELECT count(*), sum(hashtext(content)) FROM bulk",
    settings: {
      max_slot_wal_keep_size: "32MB",
      wal_keep_size: "16MB",
      max_wal_size: "64MB",
      min_wal_size: "32MB",
    },
    forgetLogs: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_switch_wal() END; CHECKPOINT",
    dataFile: "global/pg_control",
  },
  largeTransaction: {
    prepare: "CREATE TABLE IF NOT EXISTS large_rows (id bigserial PRIMARY KEY, content text NOT NULL)",
    largest: "INSERT INTO large_rows (content) SELECT repeat('x', 200) FROM generate_series(1, 75000)",
    larger: "INSERT INTO large_rows (content) SELECT repeat('x', 200) FROM generate_series(1, 600000)",
    cleanUp: "DROP TABLE large_rows",
  },
  accounts: {
    policies: { log_connections: "on", authentication_timeout: "30s" },
    memberPasswords: ["replication-password", "rest-password"],
    makeWords: "CREATE TABLE words (id bigserial PRIMARY KEY, word text NOT NULL)",
    sleep: (seconds) => `SELECT pg_sleep(${seconds})`,
  },
  mistake: {
    make: (object) => {
      const data = object["data"] as Record<string, string> | undefined;
      const file = data?.["settings.json"];
      if (object.kind !== "ConfigMap" || data === undefined || file === undefined) return;
      const wanted = JSON.parse(file) as { parameters: Record<string, string> };
      wanted.parameters["timezone"] = "Europe/Berln";
      data["settings.json"] = JSON.stringify(wanted);
    },
    words: /invalid value for parameter "TimeZone": "Europe\/Berln"/,
    told: /timezone is .* and not Europe\/Berln/i,
  },
  source: "the figures asked of PostgreSQL with three replicas on two processors",
  gibibyteRestoredSeconds: 45,
  extras: {
    what: `${SECOND_USER.what}, a copy that follows it and has no vote, and PgBouncer before the primary and before the replicas`,
    args: ({ pgbouncer: image }) => ({
      ...SECOND_USER.args,
      pooler: { image },
      replicasPooler: { image, poolSize: 4 },
      followerSlots: [FOLLOWER_SLOT],
    }),
    follower: ({ name, namespace }) => ({
      follow: {
        host: `${name}.${namespace}.svc`,
        credentials: { existingSecret: `${name}-credentials-members` },
        slot: FOLLOWER_SLOT,
      },
    }),
  },
  asked: {
    "pod-deleted": { writeGapSeconds: 5 },
    "server-killed": { writeGapSeconds: 10 },
    "node-stopped": { writeGapSeconds: 10 },
    partition: { writeGapSeconds: 10 },
    "disk-lost": {},
    "disk-full": {},
    "disk-hung": { writeGapSeconds: 20 },
    "all-pods-killed": { writeGapSeconds: 60 },
    "large-transaction": {},
    "cpu-starved": {},
    "api-server-down": { writeGapSeconds: 0 },
    "rolling-update": {},
    "volumes-lost": {},
    "table-dropped": {},
  },
  guarantees: {
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
    replicas: TAKEOVER,
  },
  notShown: [
    {
      what: "a member is elected only if it has every acknowledged write (`synchronous_mode: quorum`)",
      why: "Patroni's settings cannot be changed from the stack file, and the agent puts them back",
    },
  ],
};
