import { readConfig } from "../core/config";
import { monotonic } from "../core/clock";
import { Credentials } from "../core/credentials";
import { jsonLog, messageOf } from "../core/log";
import { SharedSecret } from "../core/shared-secret";
import { Certificate } from "../core/tls";
import { runAgent } from "../run";
import { CommitFloor } from "./commit-floor";
import { PostgreSqlEngine } from "./engine";
import { Hangs } from "./hangs";
import { KeptLog } from "./kept-log";
import { PatroniKeys } from "./keys";
import { PatroniApi } from "./rest";
import { RestIdentity } from "./rest-identity";
import { patroniLabels } from "./settings";
import { asAdministrator } from "./sql";

/** The PostgreSQL agent's entry. */
async function main(): Promise<void> {
  const config = readConfig(process.env, { STATEFUL_VOLUME: "/var/lib/postgresql" });
  const { name, namespace, volume } = config;
  const wantedFile = process.env["STATEFUL_SETTINGS"] ?? "/etc/stateful/config/settings.json";
  const certificates = process.env["STATEFUL_TLS"] ?? "/etc/stateful/tls";
  const credentials = new Credentials(config.credentials);
  await runAgent(config, {
    memberSecret: "replication-password",
    dataMarks: ["PG_VERSION", "base", "global", "pg_wal"],
    create: ({ self, supervisor, client }) => {
      const restSecret = new SharedSecret(() => credentials.read("rest-password"), monotonic);
      const identity = new RestIdentity({
        directory: supervisor.control,
        set: `${namespace}/${name}`,
        member: config.pod.name,
        address: self.address,
        secret: restSecret,
      });
      return new PostgreSqlEngine({
        self,
        database: name,
        namespace,
        volume,
        supervisor,
        certificate: new Certificate(new Credentials(certificates)),
        certificates,
        credentials,
        identity,
        api: new PatroniApi(self.address, identity, () => restSecret.values()),
        hangs: new Hangs(),
        log: new KeptLog(),
        floor: new CommitFloor(volume),
        clock: monotonic,
        administer: (sql) => asAdministrator("postgres", (run) => run(sql)),
        keys: new PatroniKeys(client, namespace, name, patroniLabels(name)),
        wantedFile,
      });
    },
  });
}

main().catch((error: unknown) => {
  jsonLog("error", messageOf(error));
  process.exit(1);
});
