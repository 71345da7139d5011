import { lookup } from "node:dns/promises";
import { join } from "node:path";
import {
  ACCOUNTS_DATABASE,
  MEMBERS_USER,
  MONGODB_PORT,
  PATHS,
  settingsOf,
} from "../../components/mongodb/protocol";
import { MONGODB_TOPOLOGY } from "../../components/mongodb/topology";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { headlessServiceName } from "../../components/protocol/names";
import { TLS_PATH } from "../../components/protocol/paths";
import { monotonic, timeOfDay } from "../core/clock";
import { readConfig } from "../core/config";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { jsonLog } from "../core/log";
import { readIfThere, writeWhole } from "../core/record";
import { SharedSecret } from "../core/shared-secret";
import { Certificate } from "../core/tls";
import type { Login, Ordinal } from "../core/types";
import { runAgent } from "../run";
import { Accounts } from "./accounts";
import { canLogIn, Connection, KeptConnection, type Place, withAny } from "./connection";
import { MongoDbEngine } from "./engine";
import { FormerSessions } from "./former-sessions";
import { keyOf, MemberKeys } from "./member-keys";
import { Rollbacks } from "./rollbacks";
import { StartFiles } from "./settings";
import { Users } from "./users";

/** No account in the data could lock it out. */
const MEMBERS = { user: MEMBERS_USER, database: "local" } as const;

/** Runs the agent of a MongoDB server. */
export async function run(): Promise<void> {
  const config = readConfig(process.env, { STATEFUL_VOLUME: PATHS.volume });
  const { name, namespace } = config;
  const tls = new Credentials(process.env["STATEFUL_TLS"] ?? TLS_PATH);
  const credentials = new Credentials(config.credentials);
  const settingsFile = process.env["STATEFUL_SETTINGS"] ?? PATHS.configFile;
  const secret = new SharedSecret(() => credentials.read(PASSWORD_FILES.replication), monotonic);
  await runAgent(config, {
    memberSecret: PASSWORD_FILES.replication,
    // The server makes it when it has begun.
    dataMarks: ["WiredTiger"],
    create: ({ self, supervisor, notices, members = () => [] }) => {
      const startFiles = new StartFiles(process.env["STATEFUL_RUN"] ?? PATHS.run, tls);
      const keptFile = join(config.volume, "stateful", "members.keys");
      const keys = new MemberKeys({
        self: self.ordinal,
        kept: {
          read: async () => readIfThere(keptFile),
          write: async (text) => writeWhole(keptFile, text),
        },
        secret,
        members,
        read: async () => startFiles.keys(),
        clock: monotonic,
      });
      const keysNow = async (): Promise<string[]> => {
        const read = await startFiles.keys();
        return read.length > 0 ? read : [keyOf(await secret.shown(0))];
      };
      const placeOf = async (host: string): Promise<Place> => ({
        host,
        port: MONGODB_PORT,
        authority: await tls.read("ca.crt"),
      });
      const connect = async (host: string): Promise<Connection> =>
        withAny(await keysNow(), async (password) =>
          Connection.open(await placeOf(host), { ...MEMBERS, password }),
        );
      const server = new KeptConnection(async () => connect("127.0.0.1"));
      const letsIn = async (login: Login): Promise<boolean> =>
        canLogIn(await placeOf("127.0.0.1"), {
          ...login,
          database: ACCOUNTS_DATABASE,
        });
      const hosts = clientHosts(name, namespace, MONGODB_TOPOLOGY);
      return new MongoDbEngine({
        self,
        setName: name,
        server,
        ask: async ({ address }, command) => {
          const connection = await connect(address);
          try {
            return await connection.run(command);
          } finally {
            connection.close();
          }
        },
        host: (ordinal: Ordinal) =>
          `${name}-${ordinal}.${headlessServiceName(name)}.${namespace}.svc:${MONGODB_PORT}`,
        supervisor,
        startFiles,
        keys,
        rollbacks: new Rollbacks(join(config.volume, "data", "rollback")),
        accounts: new Accounts(server, credentials, letsIn),
        formerSessions: new FormerSessions(server, credentials),
        users: new Users({ server, credentials, letsIn, notices, clock: monotonic }),
        letsIn,
        credentials,
        certificate: new Certificate(tls, notices, timeOfDay, () => Promise.resolve(hosts), [
          "serverAuth",
          "clientAuth",
        ]),
        notices,
        members,
        resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
        wantedSettings: async () => readIfThere(settingsFile),
        holdsFeatures: async () => settingsOf((await readIfThere(settingsFile)) ?? "").holdsFeatures,
        log: jsonLog,
        clock: monotonic,
        pause: async (duration) => new Promise((resolve) => setTimeout(resolve, duration)),
      });
    },
  });
}
