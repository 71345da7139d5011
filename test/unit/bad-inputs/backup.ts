import { validStack } from "../support/stack";
import { type BadInput, database, ORDERS } from "./stacks";

const s3 = { bucket: "acme", credentials: { existingSecret: "s3-writer" } };
const destination = { s3 };
const BACKUP = `${ORDERS}.backup`;
const RESTORE = `${ORDERS}.restoreFrom`;
const SHOP = { database: "shop" };
const PAST = "2026-01-31T10:15:00Z";
const GTID = "3f8e4c1a-0000-4000-8000-000000000001:4711";
const restore = (restoreFrom: object) => database({ backup: { destination }, restoreFrom });
const backup = (more: object) => database({ backup: { destination, ...more } });
const store = (more: object) => backup({ destination: { s3: { ...s3, ...more } } });

/** A database that is restored from another one of the same stack. */
function fromShop(orders: object, shop: object): ReturnType<typeof database> {
  const common = { engine: "mysql", storage: "1Gi", backup: { destination } };
  return {
    ...validStack,
    databases: { orders: { ...common, restoreFrom: SHOP, ...orders }, shop: { ...common, ...shop } },
  };
}

/** Mistakes of a database's backup. */
export const BAD_BACKUPS: BadInput[] = [
  ["a backup to nowhere", database({ backup: {} }), `${BACKUP}.destination`, /say where/],
  [
    "a backup to two places",
    backup({ destination: { s3, volume: { claim: "backups" } } }),
    `${BACKUP}.destination`,
    /keep one/,
  ],
  [
    "an address in place of a bucket",
    store({ bucket: "s3://acme/prod" }),
    `${BACKUP}.destination.s3.bucket`,
    /without s3:/,
  ],
  ["a bucket's name that cannot be", store({ bucket: "Acme_1" }), `${BACKUP}.destination.s3.bucket`, /alone/],
  [
    "a prefix with a slash before it",
    store({ prefix: "/prod" }),
    `${BACKUP}.destination.s3.prefix`,
    /without a '\/'/,
  ],
  ["a prefix that leads out", store({ prefix: "a/../b" }), `${BACKUP}.destination.s3.prefix`, /for instance/],
  [
    "a store without TLS",
    store({ endpoint: "http://s3.acme:9000" }),
    `${BACKUP}.destination.s3.endpoint`,
    /caSecret/,
  ],
  [
    "a store without a scheme",
    store({ endpoint: "s3.acme:9000" }),
    `${BACKUP}.destination.s3.endpoint`,
    /like https/,
  ],
  [
    "a store with its bucket in the address",
    store({ endpoint: "https://s3.acme/acme" }),
    `${BACKUP}.destination.s3.endpoint`,
    /like https/,
  ],
  [
    "an authority for Amazon's own store",
    store({ caSecret: "ca" }),
    `${BACKUP}.destination.s3.caSecret`,
    /remove it/,
  ],
  [
    "nobody who writes",
    backup({ destination: { s3: { bucket: "acme" } } }),
    `${BACKUP}.destination.s3`,
    /name the Secret/,
  ],
  ["two who write", store({ identity: "pod" }), `${BACKUP}.destination.s3`, /keep one/],
  [
    "an identity that there is not",
    store({ credentials: undefined, identity: "node" }),
    `${BACKUP}.destination.s3.identity`,
    /choose one|did you mean/,
  ],
  [
    "a key in plain text",
    store({ credentials: { existingSecret: "a", secretAccessKey: "x" } }),
    `${BACKUP}.destination.s3.credentials.secretAccessKey`,
    /remove it/,
  ],
  [
    "a claim's name that cannot be",
    backup({ destination: { volume: { claim: "Back_ups" } } }),
    `${BACKUP}.destination.volume.claim`,
    /correct/,
  ],
  [
    "a window without an end",
    backup({ schedule: { window: "01:00" } }),
    `${BACKUP}.schedule.window`,
    /like 01:00-05:00/,
  ],
  [
    "a window of no length",
    backup({ schedule: { window: "01:00-01:00" } }),
    `${BACKUP}.schedule.window`,
    /like/,
  ],
  [
    "a time that there is not",
    backup({ schedule: { window: "01:00-25:00" } }),
    `${BACKUP}.schedule.window`,
    /like/,
  ],
  [
    "a minute that there is not",
    backup({ schedule: { cron: "75 1 * * *" } }),
    `${BACKUP}.schedule.cron`,
    /\*\/15/,
  ],
  [
    "cron by a name that there is not",
    backup({ schedule: { cron: "@dayly" } }),
    `${BACKUP}.schedule.cron`,
    /@daily/,
  ],
  [
    "a window beside cron",
    backup({ schedule: { cron: "0 1 * * *", window: "01:00-05:00" } }),
    `${BACKUP}.schedule`,
    /remove one/,
  ],
  ["a retention without a unit", backup({ retention: "14" }), `${BACKUP}.retention`, /like 14d/],
  [
    "a retention shorter than the time between two drills",
    backup({ retention: "5d" }),
    `${BACKUP}.retention`,
    /keep backups longer, or set drill\.every/,
  ],
  [
    "a monthly drill of what is kept for the usual time",
    backup({ drill: { every: "monthly" } }),
    `${BACKUP}.retention`,
    /keep backups longer/,
  ],
  ["a drill of hours", backup({ drill: { every: "12h" } }), `${BACKUP}.drill.every`, /one of these/],
  [
    "a drill's query that changes something",
    backup({ drill: { query: "DELETE FROM app.orders" } }),
    `${BACKUP}.drill.query`,
    /like SELECT COUNT/,
  ],
  [
    "a drill's query that is two",
    backup({ drill: { query: "SELECT 1; SELECT 2" } }),
    `${BACKUP}.drill.query`,
    /like SELECT COUNT/,
  ],
  ["a retention of hours", backup({ retention: "12h" }), `${BACKUP}.retention`, /choose 1d/],
  [
    "a recovery point that cannot be kept",
    backup({ recoveryPoint: "1s" }),
    `${BACKUP}.recoveryPoint`,
    /choose 5s/,
  ],
  ["a recovery point of a day", backup({ recoveryPoint: "1d" }), `${BACKUP}.recoveryPoint`, /choose 1h/],
  [
    "a Secret of a key that cannot be",
    backup({ encryption: { existingSecret: "Keys!" } }),
    `${BACKUP}.encryption.existingSecret`,
    /correct/,
  ],
  [
    "a source that there is not",
    backup({ source: "secondary" }),
    `${BACKUP}.source`,
    /choose one|did you mean/,
  ],
  [
    "too little memory for a server",
    backup({ limits: { memory: "128Mi" } }),
    `${BACKUP}.limits.memory`,
    /512Mi/,
  ],
  [
    "a bandwidth in bits",
    backup({ limits: { bandwidth: "50Mbit" } }),
    `${BACKUP}.limits.bandwidth`,
    /like 50Mi/,
  ],
  [
    "a scratch volume that is too small",
    backup({ scratch: { size: "1Gi" } }),
    `${BACKUP}.scratch.size`,
    /raise it to 10Gi/,
  ],
  [
    "a size for a claim that is there",
    backup({ scratch: { size: "20Gi", claim: "scratch" } }),
    `${BACKUP}.scratch.size`,
    /remove size/,
  ],
  [
    "a bucket to be made on bare metal",
    { ...backup({}), backupBucket: { clusterName: "eu" } },
    "stateful:backupBucket",
    /bucket that is there/,
  ],
  [
    "a bucket to be made that no backup goes to",
    { ...validStack, target: "cloud", storage: {}, backupBucket: { clusterName: "eu" } },
    "stateful:backupBucket",
    /identity: pod/,
  ],
  [
    "two buckets to be made",
    {
      ...{ target: "cloud", storage: {}, backupBucket: { clusterName: "eu" } },
      databases: Object.fromEntries(
        ["one", "two"].map((bucket) => [
          `db-${bucket}`,
          { engine: "mysql", backup: { destination: { s3: { bucket, identity: "pod" } } } },
        ]),
      ),
    },
    "stateful:backupBucket",
    /give db-two the same/,
  ],
  [
    "a lock of no days",
    {
      ...{ ...validStack, target: "cloud", storage: {} },
      backup: { destination: { s3: { bucket: "acme", identity: "pod" } } },
      backupBucket: { clusterName: "eu", objectLockDays: 0 },
    },
    "stateful:backupBucket.objectLockDays",
    /choose one of these/,
  ],
  ["an unknown key of a backup", backup({ retension: "14d" }), `${BACKUP}.retension`, /"retention"/],
  [
    "an unknown key of a stack's backup",
    { ...validStack, backup: { destination, retension: "14d" } },
    "stateful:backup.retension",
    /"retention"/,
  ],
  [
    "a stack's backup for a database whose name is too long",
    { ...validStack, backup: { destination }, databases: { ["o".repeat(46)]: { engine: "mysql" } } },
    `stateful:databases.${"o".repeat(46)}.backup`,
    /shorter name/,
  ],
  ["a restore without a backup", database({ restoreFrom: { database: "shop" } }), RESTORE, /set `backup`/],
  ["a restore from nobody", restore({ database: "Shop!" }), `${RESTORE}.database`, /as its stack file/],
  ["a restore from no database", restore({ time: PAST }), `${RESTORE}.database`, /add it/],
  ["a restore from itself", restore({ database: "orders" }), `${RESTORE}.database`, /name of its own/],
  [
    "a restore to two moments",
    restore({ ...SHOP, time: PAST, beforeTransaction: GTID }),
    RESTORE,
    /remove one/,
  ],
  ["a time without a zone", restore({ ...SHOP, time: "2026-01-31 10:15" }), `${RESTORE}.time`, /in quotes/],
  [
    "a time that there is not",
    restore({ ...SHOP, time: "2026-02-31T25:15:00Z" }),
    `${RESTORE}.time`,
    /write it so/,
  ],
  [
    "a time that has not come",
    restore({ ...SHOP, time: "2999-01-01T00:00:00Z" }),
    `${RESTORE}.time`,
    /leave it out/,
  ],
  [
    "a transaction that is a set",
    restore({ ...SHOP, beforeTransaction: `${GTID}-9` }),
    `${RESTORE}.beforeTransaction`,
    /must not be there/,
  ],
  [
    "a cluster that is no UUID",
    restore({ ...SHOP, cluster: "first" }),
    `${RESTORE}.cluster`,
    /look into the destination/,
  ],
  [
    "a Secret of a restore that cannot be",
    restore({ ...SHOP, encryptionSecret: "A b" }),
    `${RESTORE}.encryptionSecret`,
    /correct/,
  ],
  ["an unknown key of a restore", restore({ ...SHOP, tme: PAST }), `${RESTORE}.tme`, /"time"/],
  [
    "binary logs that nobody else can read",
    database({ backup: { destination }, settings: { binlog_encryption: "ON" } }),
    `${ORDERS}.settings.binlog_encryption`,
    /remove it/,
  ],
  [
    "logs that the server deletes by itself",
    database({ backup: { destination }, settings: { binlog_expire_logs_auto_purge: "ON" } }),
    `${ORDERS}.settings.binlog_expire_logs_auto_purge`,
    /remove it/,
  ],
  [
    "logs that are never deleted",
    database({ backup: { destination }, settings: { "binlog-expire-logs-seconds": "0" } }),
    `${ORDERS}.settings.binlog-expire-logs-seconds`,
    /three days/,
  ],
  [
    "a restore of another engine's database",
    fromShop({}, { engine: "postgresql", backup: { enabled: false } }),
    `${RESTORE}.database`,
    /set engine: postgresql/,
  ],
  [
    "a restore into an older version",
    fromShop({ version: "8.4" }, { version: "9.7" }),
    `${RESTORE}.database`,
    /set version: "9\.7"/,
  ],
  [
    "a restore of what lies in another bucket",
    fromShop({ backup: { destination: { s3: { ...s3, bucket: "other" } } } }, {}),
    `${RESTORE}.database`,
    /the backup\.destination of shop/,
  ],
  [
    "a restore of what is too old to be kept",
    fromShop({ restoreFrom: { ...SHOP, time: "2020-01-31T10:15:00Z" } }, {}),
    `${RESTORE}.time`,
    /set retention: \d+d for shop first/,
  ],
];
