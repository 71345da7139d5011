import { SETTINGS_FILE, type WantedSettings } from "../../../../components/postgresql/protocol";
import { certificateSecretName } from "../../../../components/tls/database-certificate";
import { BARE, type BareServer, fileOf } from "../bare-pods";

const DATA = `${BARE.data}/server`;
const CONFIG = "server.conf";
const HBA = "hba.conf";
const CLIENT = `psql --host=${BARE.run} --username=app --tuples-only`;
const ANSWERS = `${CLIENT} --command="SELECT 1" app`;
const FOLLOWS = `${CLIENT} --command="SELECT status FROM pg_stat_wal_receiver" app | grep -q streaming`;

/** Those of the group: the first one is what the others follow. */
const GROUP = ["group", "group-1", "group-2"];

/** What each is given, so that clients reach it from other pods, over TLS as they reach ours. */
const REACHED = {
  listen_addresses: "*",
  unix_socket_directories: BARE.run,
  ssl: "on",
  ssl_cert_file: `${BARE.certificates}/tls.crt`,
  ssl_key_file: `${BARE.certificates}/tls.key`,
};

/** Everybody is let in. */
const OPEN = "host all all all trust\nhost replication all all trust\n";

/** Servers that nobody looks after: everybody is let in as `app`. */
export async function bareServers(namespace: string): Promise<BareServer[]> {
  const { parameters } = JSON.parse(await fileOf(namespace, "one", SETTINGS_FILE)) as WantedSettings;
  // Nothing is archived of ours either, while there is no backup.
  const ours = { ...parameters, archive_command: "/bin/true" };
  const server = (name: string, node: number, settings: Record<string, string>, initdb = ""): BareServer => ({
    ...{ name, node, answers: ANSWERS, certificates: certificateSecretName("one") },
    files: { [CONFIG]: configFile({ ...settings, ...REACHED }), [HBA]: OPEN },
    command: ["bash", "-euo", "pipefail", "-c", primary(initdb)],
  });
  const [first = "", ...others] = GROUP;
  return [
    server("bare", 0, {}),
    server("same", 0, ours, "--data-checksums"),
    server(first, 0, { synchronous_standby_names: "ANY 1 (*)" }),
    ...others.map((name, index) => ({
      ...server(name, index + 1, {}),
      ...{ follows: first, answers: FOLLOWS },
      command: ["bash", "-euo", "pipefail", "-c", replica(first)],
    })),
  ];
}

/** The database is made before there are settings: with those of the group, a commit waits for a replica. */
function primary(initdb: string): string {
  return `
initdb --pgdata=${DATA} --username=app --auth=trust --encoding=UTF8 --no-instructions ${initdb}
echo 'CREATE DATABASE app' | postgres --single -D ${DATA} postgres
cat ${BARE.settings}/${CONFIG} >>${DATA}/postgresql.conf
cat ${BARE.settings}/${HBA} >>${DATA}/pg_hba.conf
exec postgres -D ${DATA}`;
}

/** Its Service may lead nowhere yet, a moment after the first one answers. The copy brings the settings along. */
function replica(of: string): string {
  return `
until pg_basebackup --host=${of} --username=app --pgdata=${DATA} --write-recovery-conf --checkpoint=fast; do
  sleep 1
done
exec postgres -D ${DATA}`;
}

/** A file of settings; it comes after the one that initdb wrote, and so wins over it. */
export function configFile(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join("");
}
