import { REDIS_PORT, REDIS_TLS_PORT } from "../../../../components/redis/protocol";
import { certificateSecretName } from "../../../../components/tls/database-certificate";
import { bareArguments, OPEN_ACCOUNTS } from "../../redis/bare-servers";
import { redis as engine } from "../../support/engines/redis";
import { BARE, type BareServer, fileOf } from "../bare-pods";
import type { Amount, Endpoint, LoadedEngine, Sample } from "../engine";

const VALUE_BYTES = 64;
const KEYS = 100_000;
/** Where nothing is known of a server yet. */
const FIRST_REQUESTS = 4_000;
const LEAST_REQUESTS = 1_000;

/** By case what is done, and how much of it at once on a connection. */
const CASES = new Map<string, { command: string; pipeline: number }>(
  ["SET", "GET"].flatMap((command) =>
    [1, 16].map((pipeline) => [`${command}, ${pipeline} at once`, { command, pipeline }] as const),
  ),
);

/** Those of the group: the first one is what the others follow. */
const GROUP = ["group", "group-1", "group-2"];

/** Redis and Valkey, under their own benchmark. */
export const redis: LoadedEngine = {
  engine,
  tool: "valkey-benchmark",
  cases: Object.fromEntries(
    [...CASES].map(([name, { command }]) => [
      name,
      `one ${command} of ${VALUE_BYTES} bytes, of ${KEYS.toLocaleString("en")} keys`,
    ]),
  ),
  seconds: 2,
  arguments: { database: "0" },
  group: "a primary and two replicas with our settings, since by its own defaults a server writes no log",
  ports: [REDIS_PORT, REDIS_TLS_PORT],
  bareServers,
  fill: (endpoint) => benchmark(endpoint, { command: "SET", pipeline: 16 }, 20, 2 * KEYS),
  run: (name, endpoint, { clients, seconds, expected }: Amount) => {
    const one = CASES.get(name)!;
    const wanted = expected === undefined ? FIRST_REQUESTS * one.pipeline : expected * seconds;
    return benchmark(endpoint, one, clients, Math.max(LEAST_REQUESTS, Math.round(wanted)));
  },
  read: readBenchmark,
  targets: [
    { of: "three", to: "same", atLeast: 0.95, bound: { variant: "group", share: 0.95 } },
    { of: "one", to: "same", atLeast: 0.95 },
  ],
};

function benchmark(
  { host, secrets }: Endpoint,
  { command, pipeline }: { command: string; pipeline: number },
  clients: number,
  requests: number,
): string {
  const login = secrets === undefined ? "" : `--user app -a "$(cat ${secrets}/password)"`;
  const size = `-n ${requests} -P ${pipeline} -c ${clients} -d ${VALUE_BYTES} -r ${KEYS}`;
  return `valkey-benchmark -h ${host} ${login} -t ${command.toLowerCase()} ${size} --csv 2>&1`;
}

/** Reads the benchmark's table: a line of titles, and one of figures. */
export function readBenchmark(said: string): Sample {
  const rows = said
    .split("\n")
    .filter((line) => line.startsWith('"'))
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  const [titles = [], figures = []] = rows.slice(-2);
  const figure = (title: string): number => {
    const value = Number(figures[titles.indexOf(title)] ?? NaN);
    if (Number.isNaN(value)) throw new Error(`valkey-benchmark told no ${title}:\n${said}`);
    return value;
  };
  return { perSecond: figure("rps"), p95Ms: figure("p95_latency_ms") };
}

async function bareServers(namespace: string): Promise<BareServer[]> {
  const answers = `test "$(valkey-cli -p ${REDIS_PORT} ping)" = PONG`;
  const files = { "server.conf": await fileOf(namespace, "one", "server.conf"), "users.acl": OPEN_ACCOUNTS };
  const certificates = certificateSecretName("one");
  const ours = (name: string, node: number, follow: string[]): BareServer => ({
    ...{ name, node, files, certificates },
    command: ["valkey-server", `${BARE.settings}/server.conf`, ...bareArguments(BARE, follow)],
    ...(follow.length === 0
      ? { answers }
      : { follows: "group", answers: "valkey-cli info replication | grep -q master_link_status:up" }),
  });
  return [
    {
      ...{ name: "bare", node: 0, answers },
      command: ["valkey-server", "--dir", BARE.data, "--protected-mode", "no"],
    },
    ours("same", 0, []),
    ...GROUP.map((name, node) => ours(name, node, node === 0 ? [] : ["group", String(REDIS_TLS_PORT)])),
  ];
}
