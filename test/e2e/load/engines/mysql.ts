import { MYSQL_PORT } from "../../../../components/mysql/protocol";
import { mysql as engine } from "../../support/engines/mysql";
import type { Amount, Endpoint, LoadedEngine, Sample } from "../engine";
import { bareServers, GROUP_PORT } from "./mysql-servers";

const TABLES = 4;
const ROWS = 20_000;

/** Of sysbench's own scripts. */
const CASES = new Map([
  ["oltp_read_write", "10 selects by primary key, 4 of ranges, and 4 changes of rows, committed together"],
  ["oltp_write_only", "4 changes of rows, committed together"],
  ["oltp_point_select", "one select by primary key"],
]);

/** MySQL, under the benchmark that is usual for it. */
export const mysql: LoadedEngine = {
  engine,
  tool: "sysbench, which speaks to all of them without TLS",
  toolImage: "stateful.test/sysbench:1.0",
  cases: Object.fromEntries(CASES),
  seconds: 8,
  group: "Group Replication with the server's own defaults, which encrypts nothing between its members",
  ports: [MYSQL_PORT, GROUP_PORT],
  bareServers,
  fill: (endpoint) => sysbench("oltp_read_write", endpoint, `--threads=${TABLES} prepare`),
  run: (name, endpoint, { clients, seconds }: Amount) =>
    sysbench(name, endpoint, `--threads=${clients} --time=${seconds} --percentile=95 run`),
  read: readSysbench,
  targets: [
    {
      ...{ of: "three", to: "one", atLeast: { 1: 0.6, 8: 0.4, 32: 0.4 } },
      bound: { variant: "group", share: 1 },
    },
    { of: "one", to: "bare", atLeast: 0.95 },
  ],
};

/** Without a password of its own, the library below the tool takes that of the environment. To TLS the tool would want a client's key. */
function sysbench(script: string, { host, secrets }: Endpoint, options: string): string {
  const password = secrets === undefined ? "" : `MYSQL_PWD="$(cat ${secrets}/password)" `;
  const user = secrets === undefined ? "app" : `"$(cat ${secrets}/username)"`;
  const where = `--mysql-host=${host} --mysql-user=${user} --mysql-db=app`;
  const data = `--tables=${TABLES} --table-size=${ROWS}`;
  return `${password}sysbench ${script} ${where} ${data} ${options} 2>&1`;
}

/** Reads the tool's summary. */
export function readSysbench(said: string): Sample {
  const figure = (title: string, pattern: RegExp): number => {
    const value = pattern.exec(said)?.[1];
    if (value === undefined) throw new Error(`sysbench told no ${title}:\n${said}`);
    return Number(value);
  };
  return {
    perSecond: figure("transactions", /^\s*transactions:\s+\d+\s+\(([\d.]+) per sec\.\)/m),
    p95Ms: figure("95th percentile", /^\s*95th percentile:\s+([\d.]+)/m),
  };
}
