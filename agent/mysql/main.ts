import { timeOfDay } from "../core/clock";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { BACKUP_FILES } from "../../components/protocol/backup";
import { BACKUP_PATH, TLS_PATH } from "../../components/protocol/paths";
import { PATHS } from "../../components/mysql/protocol";
import { MYSQL_TOPOLOGY } from "../../components/mysql/topology";
import { join } from "node:path";
import { readConfig } from "../core/config";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { readIfThere } from "../core/record";
import { jobEnvironment, jobOf } from "../job";
import type { EngineKind } from "../engine-kind";
import { runAgent } from "../run";
import { MySqlEngine } from "./engine";
import { Certificate } from "../core/tls";

/** Runs the agent of a MySQL server. */
export async function run(): Promise<void> {
  const job = jobOf(process.env);
  const env = job ? jobEnvironment(process.env) : process.env;
  const config = readConfig(env, { STATEFUL_VOLUME: PATHS.volume });
  const socket = process.env["STATEFUL_SOCKET"] ?? PATHS.socket;
  const certificates = new Credentials(process.env["STATEFUL_TLS"] ?? TLS_PATH);
  const hosts = clientHosts(config.name, config.namespace, MYSQL_TOPOLOGY);
  const kind: EngineKind = {
    memberSecret: PASSWORD_FILES.replication,
    create: ({ self, supervisor, notices, apart }) =>
      new MySqlEngine(
        self,
        socket,
        supervisor,
        new Credentials(config.credentials),
        new Certificate(certificates, notices, timeOfDay, () => Promise.resolve(hosts)),
        notices,
        process.env["STATEFUL_SETTINGS"] ?? PATHS.configFile,
        undefined,
        undefined,
        async () => (await readIfThere(join(BACKUP_PATH, BACKUP_FILES.settings))) !== undefined,
        apart,
      ),
  };
  await (job ? job(config, kind, env) : runAgent(config, kind));
  if (job) process.exit(0);
}
