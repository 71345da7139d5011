import { MYSQL_TOPOLOGY } from "../../../../components/mysql/topology";
import {
  LEADS_CLIENTS,
  LEADS_READS,
  MAKES_MARKER,
  patch,
  READS_MARKER,
  READS_SET,
  SHOWS_ITSELF,
} from "./acts";
import { type Manifest, type MeasuredEngine, SECOND_USER, TAKEOVER } from "./engine";

/** A row of 200 bytes in the binary log, with what it needs besides. */
const ROW_BYTES = "212";

/** MySQL by Group Replication. */
export const mysql: MeasuredEngine = {
  name: "mysql",
  version: "8.4",
  replicas: 3,
  topology: MYSQL_TOPOLOGY,
  exporter: { image: "stateful.test/mysqld-exporter:0.17", up: "mysql_up" },
  container: "mysql",
  process: "mysqld",
  volume: "/var/lib/mysql",
  writer: "mysql.ts",
  images: {
    bed: {
      database: { version: "9.7", image: "stateful.test/mysql:9.7" },
      otherVersions: [],
      images: { mysql: "stateful.test/mysql:9.7" },
    },
    elsewhere: { otherVersions: [], images: { mysql: "docker.io/library/mysql:8.4" } },
  },
  ownActs: [
    SHOWS_ITSELF,
    [
      "takes the role from another of its pods",
      ...patch("pod/orders-1", { metadata: { labels: { role: "none" } } }),
    ],
    LEADS_CLIENTS,
    LEADS_READS,
    MAKES_MARKER,
    READS_MARKER,
    READS_SET,
  ],
  shell: {
    application: (secrets, host) =>
      `MYSQL_PWD="$(cat ${secrets}/password)" ` +
      `mysql --host=${host} --user=app --connect-timeout=5 --skip-column-names --batch app`,
    user: (host) =>
      `read -r user && read -r MYSQL_PWD && export MYSQL_PWD && ` +
      `exec mysql --host=${host} --user="$user" --connect-timeout=5 --skip-column-names --batch app`,
    administrator:
      "read -r MYSQL_PWD && export MYSQL_PWD && " +
      "exec mysql --socket=/run/mysqld/mysqld.sock --user=root --batch --skip-column-names",
  },
  repair: {
    makeBulk: "CREATE TABLE bulk (id INT AUTO_INCREMENT PRIMARY KEY, content LONGTEXT NOT NULL)",
    addBulk: (mebibytes) =>
      `INSERT INTO bulk (content) VALUES ${Array.from({ length: mebibytes }, () => "(REPEAT(UUID(), 29128))").join()}`,
    addNoise: (mebibytes) =>
      "SET SESSION group_concat_max_len = 2000000; INSERT INTO bulk (content) " +
      "WITH RECURSIVE parts AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM parts WHERE n < 1000), " +
      `items AS (SELECT 1 AS item UNION ALL SELECT item + 1 FROM items WHERE item < ${mebibytes}) ` +
      "SELECT GROUP_CONCAT(TO_BASE64(RANDOM_BYTES(768)) SEPARATOR '') FROM items CROSS JOIN parts GROUP BY item",
    sumOfBulk: "SELECT COUNT(*), SUM(CRC32(content)) FROM bulk",
    forgetLogs: "FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 SECOND",
    dataFile: "ibdata1",
  },
  largeTransaction: {
    prepare:
      "CREATE TABLE IF NOT EXISTS app.large_rows (id BIGINT AUTO_INCREMENT PRIMARY KEY, content VARCHAR(255) NOT NULL)",
    largest: insertRows("(@@group_replication_transaction_size_limit * 9) DIV (10 * ROW_BYTES)"),
    larger: insertRows("GREATEST(600000, @@group_replication_transaction_size_limit * 2 DIV ROW_BYTES)"),
    refusal: /ERROR 3100 .*before_commit|exceeds|max_binlog_cache_size/,
    cleanUp: "DROP TABLE app.large_rows",
  },
  accounts: {
    policies: { password_history: 5, password_reuse_interval: 365, default_password_lifetime: 90 },
    memberPasswords: ["replication-password"],
    makeWords: "CREATE TABLE words (id BIGINT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(40) NOT NULL)",
    sleep: (seconds) => `DO SLEEP(${seconds})`,
  },
  mistake: {
    make: inOptionFile((file) => `${file}max_conections = 500\n`),
    words: /unknown variable 'max_conections=500'/,
  },
  source: "the figures asked of MySQL with three replicas on two processors",
  gibibyteRestoredSeconds: 60,
  extras: { what: SECOND_USER.what, args: () => SECOND_USER.args },
  asked: {
    "pod-deleted": { writeGapSeconds: 5 },
    "server-killed": { writeGapSeconds: 10 },
    "node-stopped": { writeGapSeconds: 20 },
    partition: { writeGapSeconds: 20 },
    "disk-lost": {},
    "disk-full": {},
    "disk-hung": { writeGapSeconds: 20 },
    "all-pods-killed": { writeGapSeconds: 60 },
    "large-transaction": {},
    "cpu-starved": {},
    "api-server-down": { writeGapSeconds: 0 },
    "rolling-update": { writeGapSeconds: 5 },
    "volumes-lost": {},
    "table-dropped": {},
  },
  guarantees: {
    "durable-commit": {
      what: "a commit is on the disk before it is acknowledged (`innodb_flush_log_at_trx_commit`, `sync_binlog`); shown with one replica",
      fault: "node-stopped",
      expected: "lost",
      database: { replicas: 1, settings: { innodb_flush_log_at_trx_commit: 0, sync_binlog: 0 } },
    },
    replicas: TAKEOVER,
    "expel-timeout": {
      what: "a silent member is put out at once (`group_replication_member_expel_timeout` 0, not 30)",
      fault: "server-killed",
      expected: "gap",
      adapt: option("loose_group_replication_member_expel_timeout", "30"),
    },
  },
  notShown: [
    {
      what: "a member without a majority takes no writes (`group_replication_unreachable_majority_timeout`)",
      why: "the setting says when it gives up; that nothing commits before is Group Replication's own, and cannot be switched off",
    },
    {
      what: "a new primary answers only with all of its predecessor's writes (`group_replication_consistency`)",
      why: "the writers look for lost writes and not for late ones",
    },
  ],
};

/** Rows of 200 bytes, as many as an expression says, in one transaction. */
function insertRows(count: string): string {
  return (
    "SET SESSION cte_max_recursion_depth = 100000000; " +
    `INSERT INTO app.large_rows (content) WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count.replaceAll("ROW_BYTES", ROW_BYTES)}) ` +
    "SELECT REPEAT('x', 200) FROM numbers"
  );
}

/** Another value for an option that the stack file refuses to change. */
function option(name: string, value: string): (object: Manifest) => void {
  return inOptionFile((file) => {
    const changed = file.replace(new RegExp(`^${name} = .*$`, "m"), `${name} = ${value}`);
    if (changed === file) throw new Error(`the option file has no ${name} to change`);
    return changed;
  });
}

/** A change of the option file, whichever object has it. */
function inOptionFile(change: (file: string) => string): (object: Manifest) => void {
  return (object) => {
    const data = object["data"] as Record<string, string> | undefined;
    const file = data?.["my.cnf"];
    if (object.kind === "ConfigMap" && data !== undefined && file !== undefined)
      data["my.cnf"] = change(file);
  };
}
