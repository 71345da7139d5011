import { until } from "../../../../cluster/wait";
import { MYSQL_PORT } from "../../../../components/mysql/protocol";
import { FIXED_ARGUMENTS } from "../../../../agent/mysql/settings";
import { mysql as engine } from "../../support/engines/mysql";
import { BARE, type BareServer, fileOf } from "../bare-pods";
import type { Amount, Endpoint, LoadedEngine, Place, Sample } from "../engine";

/** The group's own port, by default. */
const GROUP_PORT = 33061;
const GROUP_NAME = "5b0f8a2e-6f55-4f51-9f7a-3f1d2f7a9c11";
const GROUP = ["group", "group-1", "group-2"];
const DATA = `${BARE.data}/db`;
const SOCKET = `${BARE.run}/mysqld.sock`;
/** Of the bare servers, which nobody else reaches. */
const PASSWORD = "unguarded";
const TABLES = 8;
const ROWS = 25_000;

const CASES = new Map([
  ["read and write", "oltp_read_write"],
  ["write only", "oltp_write_only"],
]);

/** Lines of a member's option file that name its own paths: what a bare server has instead are arguments, or nothing. */
const OF_MEMBERS = /^(socket|pid_file|tmpdir|secure_file_priv|ssl_\w+)\s*=/;

/** MySQL, under sysbench. */
export const mysql: LoadedEngine = {
  engine,
  tool: "sysbench",
  toolImage: "stateful.test/sysbench:1.0",
  cases: {
    "read and write": "one of sysbench's `oltp_read_write` (18 statements, 4 of which write)",
    "write only": "one of sysbench's `oltp_write_only` (4 statements that write)",
  },
  seconds: 3,
  group: "Group Replication with one primary and its own defaults",
  ports: [MYSQL_PORT, GROUP_PORT],
  bareServers,
  prepare,
  fill: (endpoint) => `${login(endpoint)} && ${sysbench("oltp_read_write", endpoint, 2)} prepare 2>&1`,
  run: (name, endpoint, { clients, seconds }: Amount) =>
    `${login(endpoint)} && ${sysbench(CASES.get(name)!, endpoint, clients)} --time=${seconds} --percentile=95 run 2>&1`,
  read: readSysbench,
  targets: [
    { of: "three", to: "one", atLeast: 0.4, bound: { variant: "group", share: 1 } },
    { of: "one", to: "same", atLeast: 0.95 },
  ],
};

/** Its options, in a file: a password is no argument. */
const optionsOf = (host: string): string => `/tmp/${host}.conf`;

function login({ host, secrets }: Endpoint): string {
  const password = secrets === undefined ? PASSWORD : `$(cat ${secrets}/password)`;
  return `printf 'mysql-password=%s\\n' "${password}" > ${optionsOf(host)}`;
}

function sysbench(script: string, { host }: Endpoint, clients: number): string {
  return (
    `sysbench ${script} --config-file=${optionsOf(host)} --mysql-host=${host} --mysql-user=app --mysql-db=app ` +
    `--tables=${TABLES} --table-size=${ROWS} --threads=${clients}`
  );
}

/** Reads sysbench's report. */
export function readSysbench(said: string): Sample {
  const [, perSecond] = /^\s*transactions:\s+\d+\s+\(([\d.]+) per sec\.\)/m.exec(said) ?? [];
  const [, p95] = /^\s*95th percentile:\s+([\d.]+)/m.exec(said) ?? [];
  if (perSecond === undefined || p95 === undefined)
    throw new Error(`sysbench told of no transactions:\n${said.slice(-2_000)}`);
  return { perSecond: Number(perSecond), p95Ms: Number(p95) };
}

async function bareServers({ namespace }: Place): Promise<BareServer[]> {
  const file = await fileOf(namespace, "one", "my.cnf");
  const ours = file
    .split("\n")
    .filter((line) => !OF_MEMBERS.test(line))
    .join("\n");
  return [
    server("bare", 0, [], "[mysqld]\n"),
    // Without the plugins: they are what a group of one costs.
    server("same", 0, withoutGroup(FIXED_ARGUMENTS), ours),
    ...GROUP.map((name, node) => server(name, node, groupArguments(node), "[mysqld]\n")),
  ];
}

/** What a server has that is in no group, and takes writes. */
function withoutGroup(all: readonly string[]): string[] {
  return all.filter((one) => !/plugin-load|group-replication|super-read-only|offline-mode/.test(one));
}

function server(name: string, node: number, own: readonly string[], file: string): BareServer {
  const settings = `--defaults-file=${BARE.settings}/my.cnf`;
  const start = `exec mysqld ${settings} --datadir=${DATA} --socket=${SOCKET} --pid-file=${BARE.run}/mysqld.pid`;
  return {
    ...{ name, node },
    files: { "my.cnf": file },
    command: [
      "bash",
      "-c",
      `set -e; mysqld ${settings} --initialize-insecure --datadir=${DATA}; ${start} ${own.join(" ")}`,
    ],
    answers: `mysql --socket=${SOCKET} --user=root --execute='SELECT 1'`,
  };
}

/** What Group Replication needs to be told; all else is as it is by default. */
function groupArguments(node: number): string[] {
  return [
    `--server-id=${node + 1}`,
    "--report-host=$ADDRESS",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--plugin-load-add=group_replication.so",
    `--group-replication-group-name=${GROUP_NAME}`,
    "--group-replication-start-on-boot=OFF",
    `--group-replication-local-address=$ADDRESS:${GROUP_PORT}`,
    `--group-replication-group-seeds=group:${GROUP_PORT}`,
    // Only private networks are let in by default.
    "--group-replication-ip-allowlist=0.0.0.0/0",
    "--group-replication-recovery-get-public-key=ON",
  ];
}

async function prepare({ inPod }: Place): Promise<void> {
  const sql = async (pod: string, ...statements: string[]): Promise<string> =>
    inPod(
      pod,
      `mysql --socket=${SOCKET} --user=root --batch --skip-column-names`,
      `${statements.join(";\n")};\n`,
    );
  const [first = "", ...others] = GROUP;
  for (const name of GROUP) {
    await sql(
      name,
      "SET SQL_LOG_BIN = 0",
      `CREATE USER joiner@'%' IDENTIFIED BY '${PASSWORD}'`,
      "GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO joiner@'%'",
      `CHANGE REPLICATION SOURCE TO SOURCE_USER = 'joiner', SOURCE_PASSWORD = '${PASSWORD}' FOR CHANNEL 'group_replication_recovery'`,
    );
  }
  await sql(first, "SET GLOBAL group_replication_bootstrap_group = ON", "START GROUP_REPLICATION");
  await sql(first, "SET GLOBAL group_replication_bootstrap_group = OFF");
  for (const name of others) await sql(name, "START GROUP_REPLICATION");
  const online =
    "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE'";
  await until(async () => (await sql(first, online)) === String(GROUP.length), {
    what: "a group of three that is whole",
    timeoutSeconds: 120,
  });
  for (const name of ["bare", "same", first]) {
    await sql(
      name,
      `CREATE USER app@'%' IDENTIFIED BY '${PASSWORD}'`,
      "CREATE DATABASE app",
      "GRANT ALL ON app.* TO app@'%'",
    );
  }
}
