import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  DISCOVERY_PORT,
  IN_MEMORY_FILE,
  PATHS,
  REDIS_PORT,
  REDIS_TLS_PORT,
  settingsOf,
} from "../../components/redis/protocol";
import { REDIS_TOPOLOGY } from "../../components/redis/topology";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { TLS_PATH } from "../../components/protocol/paths";
import { monotonic, timeOfDay } from "../core/clock";
import { readConfig } from "../core/config";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { jsonLog, messageOf } from "../core/log";
import { readIfThere } from "../core/record";
import { SharedSecret } from "../core/shared-secret";
import { Certificate } from "../core/tls";
import { majority } from "../core/views";
import { runAgent } from "../run";
import { Accounts } from "./accounts";
import { LocalServer } from "./connection";
import { DiscoveryServer } from "./discovery-server";
import { RedisEngine } from "./engine";
import { exporterLogin } from "./exporter";
import { FormerSessions } from "./former-sessions";
import { membersFrom } from "./members";
import { MisledClients } from "./misled-clients";
import { OrderlyStop } from "./orderly-stop";
import { AGENT_USER } from "../../components/redis/protocol";

/** Between two looks at who is the primary, for those who asked to be told, ms. */
const LOOK_EVERY = 250;

/** Runs the agent of a Redis or Valkey server. */
export async function run(): Promise<void> {
  const config = readConfig(process.env, { STATEFUL_VOLUME: PATHS.volume });
  const { name, namespace, volume } = config;
  const set = `${namespace}/${name}`;
  const memory = process.env["STATEFUL_RUN"] ?? PATHS.run;
  const socket = join(memory, "server.sock");
  const settingsFile = process.env["STATEFUL_SETTINGS"] ?? PATHS.configFile;
  const wanted = settingsOf((await readIfThere(settingsFile)) ?? "");
  const certificates = process.env["STATEFUL_TLS"] ?? TLS_PATH;
  const tls = new Credentials(certificates);
  const credentials = new Credentials(config.credentials);
  await runAgent(config, {
    memberSecret: PASSWORD_FILES.replication,
    dataMarks: ["appendonlydir", "dump.rdb", IN_MEMORY_FILE],
    create: ({ self, supervisor, notices, members = () => [] }) => {
      const accounts = new Accounts({
        credentials,
        directory: join(volume, "stateful"),
        memory,
        newPassword: () => randomBytes(24).toString("hex"),
      });
      const server = new LocalServer(socket, async () => ({
        user: AGENT_USER,
        password: await accounts.agentPassword(),
      }));
      const discovery = new DiscoveryServer({
        names: [name, "mymaster"],
        askedOn: DISCOVERY_PORT,
        ports: { ...(wanted.plain ? { plain: REDIS_PORT } : {}), tls: REDIS_TLS_PORT },
        members: () => membersFrom(self.ordinal, members()),
        quorum: () => majority(members().length),
        certificate: async () => ({ cert: await tls.read("tls.crt"), key: await tls.read("tls.key") }),
      });
      discovery.server.on("error", (error) => {
        jsonLog("error", "clients cannot ask for the members here", { error: messageOf(error) });
      });
      discovery.server.listen(DISCOVERY_PORT);
      setInterval(() => {
        discovery.look();
      }, LOOK_EVERY);
      const hosts = clientHosts(name, namespace, REDIS_TOPOLOGY);
      return new RedisEngine({
        self,
        set,
        server,
        socket,
        supervisor,
        credentials,
        accounts,
        formerSessions: new FormerSessions(server, credentials, socket),
        exporter: exporterLogin(credentials, notices, socket),
        misledClients: new MisledClients(server),
        orderlyStop: new OrderlyStop(server, supervisor, volume, wanted.volatile),
        secret: new SharedSecret(() => credentials.read(PASSWORD_FILES.replication), monotonic),
        certificate: new Certificate(tls, notices, timeOfDay, () => Promise.resolve(hosts)),
        certificates,
        notices,
        settingsFile,
        ...wanted,
        clock: monotonic,
      });
    },
  });
}
