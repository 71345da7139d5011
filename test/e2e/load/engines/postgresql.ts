import { postgresql as engine } from "../../support/engines/postgresql";
import { BARE, type BareServer } from "../bare-pods";
import { type Amount, type Endpoint, type LoadedEngine, type Place, type Sample, share95 } from "../engine";

const PORT = 5432;
const DATA = `${BARE.data}/db`;
const LOGS = "/tmp/pgbench";
/** As many as there are clients at most, or they would wait for the same rows. */
const SCALE = 32;
const CASE = "TPC-B";
const STANDBYS = ["group-1", "group-2"];

/** Where a bare server is otherwise than a member: its paths, whom it lets in and follows. Clients come without TLS. */
const OWN = [
  ...["archive_command", "cluster_name", "config_file", "data_directory", "external_pid_file", "hba_file"],
  ...["ident_file", "listen_addresses", "port", "primary_conninfo", "primary_slot_name", "recovery%"],
  ...["restore_command", "ssl%", "synchronous_standby_names", "unix_socket_directories"],
];

const IN_FORCE =
  "SELECT name || ' = ''' || replace(current_setting(name), '''', '''''') || '''' FROM pg_settings " +
  "WHERE source IN ('configuration file', 'command line', 'environment variable') " +
  `AND NOT name LIKE ANY ('{${OWN.join()}}') ORDER BY name`;

/** PostgreSQL, under its own benchmark. */
export const postgresql: LoadedEngine = {
  engine,
  tool: "pgbench",
  cases: { [CASE]: `one transaction of pgbench's own kind (five statements, ${SCALE} branches)` },
  seconds: 4,
  group: "streaming replication, of which any one standby acknowledges a commit (`ANY 1`)",
  ports: [PORT],
  bareServers,
  prepare: async ({ inPod }) => {
    for (const pod of ["bare", "same", "group"])
      await inPod(pod, `createdb --host=${BARE.run} --username=app app`);
    const names = `ANY 1 (${STANDBYS.map((name) => `"${name}"`).join(", ")})`;
    const ask = `psql --no-psqlrc --quiet --host=${BARE.run} --username=app app`;
    await inPod(
      "group",
      ask,
      `ALTER SYSTEM SET synchronous_standby_names = '${names}';\nSELECT pg_reload_conf();\n`,
    );
  },
  fill: (endpoint) =>
    `${connection(endpoint)} pgbench --initialize --init-steps=dtGvp --scale=${SCALE} --quiet 2>&1`,
  run: (_, endpoint, { clients, seconds }: Amount) =>
    `rm -f ${LOGS}.*; ${connection(endpoint)} pgbench --no-vacuum --client=${clients} --jobs=${Math.min(2, clients)} ` +
    `--time=${seconds} --log --log-prefix=${LOGS} 2>&1 && cut -d ' ' -f 3 ${LOGS}.*`,
  read: readPgbench,
  targets: [
    { of: "three", to: "one", atLeast: 0.4, bound: { variant: "group", share: 1 } },
    { of: "one", to: "same", atLeast: 0.95 },
  ],
};

/** The environment of libpq's programs. */
function connection({ host, secrets }: Endpoint): string {
  const login =
    secrets === undefined
      ? "PGUSER=app"
      : `PGUSER="$(cat ${secrets}/username)" PGPASSWORD="$(cat ${secrets}/password)"`;
  return `PGHOST=${host} PGDATABASE=app PGSSLMODE=disable ${login}`;
}

/** Reads pgbench's report, and what follows it: the time of each transaction, us. */
export function readPgbench(said: string): Sample {
  const [, perSecond] = /^tps = ([\d.]+)/m.exec(said) ?? [];
  const [, failed] = /^number of failed transactions: (\d+)/m.exec(said) ?? [];
  const times = said.split("\n").flatMap((line) => (/^\d+$/.test(line) ? [Number(line) / 1000] : []));
  if (perSecond === undefined || times.length === 0)
    throw new Error(`pgbench told of no transactions:\n${said}`);
  if (failed !== undefined && failed !== "0")
    throw new Error(`pgbench had ${failed} transactions that failed`);
  return { perSecond: Number(perSecond), p95Ms: share95(times) };
}

async function bareServers({ inPod }: Place): Promise<BareServer[]> {
  // The administrator needs no password where the server is; its line is read all the same.
  const ours = await inPod("one-0", engine.shell.administrator, `\n${IN_FORCE};\n`);
  const server = (name: string, node: number, conf: string, make: string): BareServer => ({
    ...{ name, node },
    files: { "own.conf": `${conf}\nlisten_addresses = '*'\nunix_socket_directories = '${BARE.run}'\n` },
    command: [
      "bash",
      "-c",
      `set -e; umask 077; ${make}; cat ${BARE.settings}/own.conf >> ${DATA}/postgresql.conf; exec postgres -D ${DATA}`,
    ],
    answers: `pg_isready --host=${BARE.run}`,
  });
  const initdb = (more = "") =>
    `initdb -D ${DATA} --username=app --auth=trust --encoding=UTF8 ${more}; ` +
    `printf 'host all all all trust\\nhost replication all all trust\\n' >> ${DATA}/pg_hba.conf`;
  const copy = (name: string) =>
    `pg_basebackup -D ${DATA} --write-recovery-conf --dbname='host=group user=app application_name=${name}'`;
  return [
    server("bare", 0, "", initdb()),
    server("same", 0, `${ours}\narchive_command = 'true'`, initdb("--data-checksums")),
    server("group", 0, "", initdb()),
    ...STANDBYS.map((name, index) => ({ ...server(name, index + 1, "", copy(name)), follows: "group" })),
  ];
}
