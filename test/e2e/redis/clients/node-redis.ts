import { createClient, createSentinel } from "redis";
import { clientSettings, keepWriting, SILENCE } from "./settings";

/** An application with node-redis. */
const { database, username, password, ca } = clientSettings();
// By itself it does not connect again after a time-out of its socket.
const reconnectStrategy = (retries: number): number => Math.min(50 * 2 ** retries, 2_000);
const times = { connectTimeout: SILENCE, socketTimeout: SILENCE, reconnectStrategy };
const account = { username, password, pingInterval: 1_000 };
const tls = { tls: true, ca, servername: database } as const;

async function byName(way: string, socket: object): Promise<void> {
  const client = createClient({ ...account, socket: { host: database, ...times, ...socket } });
  client.on("error", () => undefined);
  await client.connect();
  await keepWriting(way, async (key) => client.incr(key));
}

async function bySentinel(way: string, socket: object): Promise<void> {
  const client = createSentinel({
    name: database,
    sentinelRootNodes: [{ host: `${database}-sentinel`, port: 26379 }],
    scanInterval: 1_000,
    nodeClientOptions: { ...account, socket: { ...times, ...socket } },
    sentinelClientOptions: { socket: { ...times, ...socket } },
  });
  client.on("error", () => undefined);
  await client.connect();
  await keepWriting(way, async (key) => client.incr(key));
}

void byName("name", { port: 6379 });
void byName("name, TLS", { port: 6380, ...tls });
void bySentinel("sentinel", {});
void bySentinel("sentinel, TLS", tls);
