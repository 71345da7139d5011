import { timeOfDay } from "../core/clock";
import { readConfig } from "../core/config";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { jsonLog, messageOf } from "../core/log";
import { runAgent } from "../run";
import { MySqlEngine } from "./engine";
import { Certificate } from "../core/tls";

/** The MySQL agent's entry. */
async function main(): Promise<void> {
  const config = readConfig(process.env, { STATEFUL_VOLUME: "/var/lib/mysql" });
  const socket = process.env["STATEFUL_SOCKET"] ?? "/run/mysqld/mysqld.sock";
  const certificates = new Credentials(process.env["STATEFUL_TLS"] ?? "/etc/stateful/tls");
  const hosts = clientHosts(config.name, config.namespace);
  await runAgent(config, {
    memberSecret: "replication-password",
    create: ({ self, supervisor, notices }) =>
      new MySqlEngine(
        self,
        socket,
        supervisor,
        new Credentials(config.credentials),
        new Certificate(certificates, notices, timeOfDay, () => Promise.resolve(hosts)),
        notices,
        process.env["STATEFUL_SETTINGS"] ?? "/etc/stateful/config/my.cnf",
      ),
  });
}

main().catch((error: unknown) => {
  jsonLog("error", messageOf(error));
  process.exit(1);
});
