import { POSTGRESQL_PORT } from "../../../../components/postgresql/protocol";
import { postgresql as engine } from "../../support/engines/postgresql";
import type { Amount, Endpoint, LoadedEngine, Sample } from "../engine";
import { bareServers } from "./postgresql-servers";

/** 100,000 accounts each, 15 MB. */
const SCALE = 10;

/** Of pgbench's own scripts. */
const CASES = new Map([
  ["tpcb-like", "three updates, a select and an insert, committed together: pgbench's default"],
  ["select-only", "one select by primary key"],
]);

/** Where the tool leaves the time of each transaction; in memory. */
const TIMES = "/dev/shm/times";

/** PostgreSQL, under its own benchmark. */
export const postgresql: LoadedEngine = {
  engine,
  tool: "pgbench over TLS, which the bare servers have too",
  cases: Object.fromEntries(CASES),
  seconds: 8,
  group:
    "a primary and two streaming replicas with the server's own defaults, and `synchronous_standby_names` of ANY 1 as ours have",
  ports: [POSTGRESQL_PORT],
  bareServers,
  fill: (endpoint) => pgbench(endpoint, `--initialize --scale=${SCALE} --quiet`),
  run: (name, endpoint, { clients, seconds }: Amount) => {
    const size = `--client=${clients} --jobs=${Math.min(clients, 2)} --time=${seconds}`;
    const run = pgbench(endpoint, `--builtin=${name} ${size} --log --log-prefix=${TIMES}`);
    return `rm -f ${TIMES}.*; ${run} && ${PERCENTILE}`;
  },
  read: readPgbench,
  targets: [
    {
      ...{ of: "three", to: "one", atLeast: { 1: 0.6, 8: 0.4, 32: 0.4 } },
      bound: { variant: "group", share: 1 },
    },
    { of: "one", to: "bare", atLeast: 0.95 },
  ],
};

/** The tool tells no percentiles. The third figure of a line is a transaction's time, in µs. */
const PERCENTILE =
  `cut -d ' ' -f 3 ${TIMES}.* | sort -n | ` +
  `awk '{ all[NR] = $1 } END { if (NR > 0) printf "p95 = %.3f ms\\n", all[int((NR * 95 + 99) / 100)] / 1000 }'`;

function pgbench({ host, secrets }: Endpoint, options: string): string {
  const password = secrets === undefined ? "" : `PGPASSWORD="$(cat ${secrets}/password)" `;
  const user = secrets === undefined ? "app" : `"$(cat ${secrets}/username)"`;
  return `${password}PGSSLMODE=require pgbench --host=${host} --username=${user} ${options} app 2>&1`;
}

/** Reads the tool's own summary, and the line that is added to it. */
export function readPgbench(said: string): Sample {
  const figure = (title: string): number => {
    const value = new RegExp(`^${title} = ([\\d.]+)`, "m").exec(said)?.[1];
    if (value === undefined) throw new Error(`pgbench told no ${title}:\n${said}`);
    return Number(value);
  };
  return { perSecond: figure("tps"), p95Ms: figure("p95") };
}
