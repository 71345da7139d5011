import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { BACKUP_FILES } from "../../components/protocol/backup";
import { SOURCE_FILES } from "../../components/protocol/follow";
import { BACKUP_PATH, SOURCE_PATH, TLS_PATH } from "../../components/protocol/paths";
import {
  PATHS,
  REST_PASSWORD_FILE,
  SETTINGS_FILE,
  type WantedSettings,
} from "../../components/postgresql/protocol";
import { postgresqlTopology } from "../../components/postgresql/topology";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "../core/config";
import { readIfThere } from "../core/record";
import { monotonic, timeOfDay } from "../core/clock";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { SharedSecret } from "../core/shared-secret";
import { Certificate } from "../core/tls";
import { jsonLog } from "../core/log";
import type { EngineKind } from "../engine-kind";
import { runAgent } from "../run";
import { jobEnvironment, jobOf } from "../job";
import { WalArchive } from "./archive";
import { CommitFloor } from "./commit-floor";
import { PostgreSqlCopies } from "./copies";
import { PostgreSqlEngine } from "./engine";
import { exporterLogin } from "./exporter";
import { Detachment } from "./detachment";
import { Fence } from "./fence";
import { Following } from "./following";
import { FormerSessions } from "./former-sessions";
import { Hangs } from "./hangs";
import { FILE_QUERY, HBA_ERRORS_QUERY, SETTINGS_QUERY } from "./in-force";
import { KeptLog } from "./kept-log";
import { PatroniKeys } from "./keys";
import { LockRelease } from "./lock-release";
import { LockState } from "./lock-state";
import { OwnPasswords } from "./member-passwords";
import { PlainServer } from "./plain-server";
import { PatroniApi } from "./rest";
import { RestIdentity } from "./rest-identity";
import { patroniLabels } from "./settings";
import { knockAt, Silence } from "./silence";
import { Source } from "./source";
import { asAdministrator, canLogIn, type Row } from "./sql";
import { KeptSession, SessionStatements } from "./statements";
import { Trust } from "./trust";

/** From whom the server receives what the primary writes. */
const CONNINFO = "SELECT setting FROM pg_settings WHERE name = 'primary_conninfo'";

/** Runs the agent of a PostgreSQL server. */
export async function run(): Promise<void> {
  const job = jobOf(process.env);
  const env = job ? jobEnvironment(process.env) : process.env;
  const config = readConfig(env, { STATEFUL_VOLUME: PATHS.volume });
  const { name, namespace, volume } = config;
  const wantedFile = process.env["STATEFUL_SETTINGS"] ?? `${PATHS.config}/${SETTINGS_FILE}`;
  const certificates = process.env["STATEFUL_TLS"] ?? TLS_PATH;
  const credentials = new Credentials(config.credentials);
  const wanted = async (): Promise<WantedSettings> =>
    JSON.parse(await readFile(wantedFile, "utf8")) as WantedSettings;
  const kind: EngineKind = {
    memberSecret: PASSWORD_FILES.replication,
    dataMarks: ["PG_VERSION", "base", "global", "pg_wal"],
    create: ({ self, supervisor, client, notices, members = () => [] }) => {
      const administer = (sql: string): Promise<unknown> => asAdministrator("postgres", (run) => run(sql));
      const passwords = new OwnPasswords(supervisor.control, credentials, canLogIn, monotonic);
      const restSecret = new SharedSecret(() => credentials.read(REST_PASSWORD_FILE), monotonic);
      const identity = new RestIdentity({
        directory: supervisor.control,
        set: `${namespace}/${name}`,
        member: config.pod.name,
        address: self.address,
        secret: restSecret,
      });
      const api = new PatroniApi(self.address, identity, async () => [
        ...new Set([...(await restSecret.values()), ...(await passwords.restOnDisk())]),
      ]);
      const source = new Source({
        files: new Credentials(process.env["STATEFUL_SOURCE"] ?? SOURCE_PATH),
        certificates: new Credentials(certificates),
        control: supervisor.control,
      });
      const query = (sql: string): Promise<Row[]> => asAdministrator("postgres", (run) => run(sql));
      const trust = new Trust(supervisor.control, async () =>
        new Credentials(certificates).read(SOURCE_FILES.authority),
      );
      const keys = new PatroniKeys(client, namespace, name, patroniLabels(name));
      const plain = new PlainServer({
        supervisor,
        volume,
        wanted,
        ask: async (sql, database = "postgres", limit) => asAdministrator(database, (run) => run(sql), limit),
      });
      return new PostgreSqlEngine({
        self,
        database: name,
        namespace,
        volume,
        supervisor,
        certificate: new Certificate(new Credentials(certificates), notices, timeOfDay, () =>
          certifiedHosts(name, namespace, wantedFile),
        ),
        certificates,
        trusted: trust.path,
        credentials,
        passwords,
        source,
        following: new Following({ query, source, log: () => supervisor.log(), clock: monotonic }),
        fence: new Fence(query, monotonic),
        formerSessions: new FormerSessions(credentials, administer, canLogIn, monotonic),
        exporter: exporterLogin(credentials, notices),
        notices,
        identity,
        api,
        detachment: new Detachment({
          database: name,
          self: self.ordinal,
          trust,
          silence: new Silence(monotonic, async (address) => knockAt(address, config.port)),
          members,
          keys: new LockState(client, namespace, name),
          conninfo: async () => textIn((await query(CONNINFO))[0]?.["setting"]),
          cut: async () => supervisor.request("detach"),
          isStopped: async () => !(await supervisor.report()).running,
          log: jsonLog,
          clock: monotonic,
        }),
        hangs: new Hangs((limit) => api.answers(limit)),
        log: new KeptLog(),
        archive: new WalArchive({
          volume,
          control: supervisor.control,
          ask: async (sql) => asAdministrator("postgres", (run) => run(sql)),
        }),
        plain,
        copies: new PostgreSqlCopies({
          server: plain,
          control: supervisor.control,
          certificates,
          credentials,
          wanted,
          log: jsonLog,
        }),
        backedUp: async () => (await readIfThere(join(BACKUP_PATH, BACKUP_FILES.settings))) !== undefined,
        floor: new CommitFloor(volume),
        clock: monotonic,
        inForce: async () =>
          asAdministrator("postgres", async (run) => ({
            settings: await run(SETTINGS_QUERY),
            file: await run(FILE_QUERY),
            hbaErrors: await run(HBA_ERRORS_QUERY),
          })),
        administer,
        statements: new SessionStatements(new KeptSession().run),
        keys,
        lockRelease: new LockRelease({
          directory: `${volume}/data`,
          release: async () => keys.release(`${name}-${self.ordinal}`),
          endPatroni: async () => supervisor.kill(),
          log: jsonLog,
          clock: monotonic,
        }),
        wantedFile,
      });
    },
  };
  await (job ? job(config, kind, env) : runAgent(config, kind));
  if (job) process.exit(0);
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Poolers show the servers' certificate, and verify members by the names that lead to them. */
async function certifiedHosts(name: string, namespace: string, wantedFile: string): Promise<string[]> {
  const { pooler } = JSON.parse(await readFile(wantedFile, "utf8")) as WantedSettings;
  const poolers = Object.fromEntries((pooler?.before ?? []).map((key) => [key, {}]));
  return clientHosts(name, namespace, postgresqlTopology(poolers));
}
