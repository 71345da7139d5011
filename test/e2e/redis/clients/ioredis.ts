import Redis from "ioredis";
import { clientSettings, keepWriting, SILENCE } from "./settings";

/** An application with ioredis. */
const { database, username, password, ca } = clientSettings();
const account = { username, password, socketTimeout: SILENCE, connectTimeout: SILENCE };
// Without its failover detector: what that ends while the client connects again never connects again.
const sentinel = {
  ...account,
  name: database,
  sentinels: [{ host: `${database}-sentinel`, port: 26379 }],
};
// The protocol names addresses, and the certificate names.
const tls = { ca, servername: database };

const clients: Record<string, Redis> = {
  name: new Redis({ ...account, host: database, port: 6379 }),
  "name, TLS": new Redis({ ...account, host: database, port: 6380, tls }),
  sentinel: new Redis(sentinel),
  "sentinel, TLS": new Redis({ ...sentinel, tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
};

for (const [way, client] of Object.entries(clients)) {
  client.on("error", () => undefined);
  void keepWriting(way, async (key) => client.incr(key));
}
