import { FIXED_ARGUMENTS } from "../../../../agent/mysql/settings";
import { everything } from "../../../../cluster/addresses";
import { certificateSecretName } from "../../../../components/tls/database-certificate";
import { BARE, type BareServer, fileOf } from "../bare-pods";

/** Where servers of the group that was joined by hand speak to each other. */
export const GROUP_PORT = 33061;

const DATA = `${BARE.data}/server`;
const SOCKET = `${BARE.run}/server.sock`;
const CONFIG = "my.cnf";
const INIT = "init.sql";
const CLIENT = `mysql --no-defaults --socket=${SOCKET} --user=root --batch --skip-column-names`;
const ONLINE =
  "SELECT member_state FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid";

/** Those of the group: the first one makes it. */
const GROUP = ["group", "group-1", "group-2"];
const GROUP_NAME = "5ca1ab1e-0000-4000-8000-000000000003";

/** Everybody is let in as `app`. */
const OPEN =
  "CREATE DATABASE app;\n" + "CREATE USER 'app'@'%' IDENTIFIED BY '';\n" + "GRANT ALL ON *.* TO 'app'@'%';\n";

/** Of every server: where it keeps what, beside its settings. */
const PLACES = [`--datadir=${DATA}`, `--socket=${SOCKET}`, `--pid-file=${BARE.run}/server.pid`];

/** Servers that nobody looks after: everybody is let in as `app`. */
export async function bareServers(namespace: string): Promise<BareServer[]> {
  const ours = await fileOf(namespace, "one", CONFIG);
  const alone = (
    name: string,
    settings: readonly string[],
    files: Record<string, string> = {},
  ): BareServer => ({
    ...{ name, node: 0, answers: `${CLIENT} --execute="SELECT 1"`, files: { ...files, [INIT]: OPEN } },
    command: ["bash", "-euo", "pipefail", "-c", `${MAKE_DATA}\nexec ${serverOf(settings)}`],
  });
  return [
    alone("bare", ["--no-defaults"]),
    {
      ...alone("same", sameSettings(), { [CONFIG]: ours }),
      certificates: certificateSecretName("one"),
    },
    ...GROUP.map((name, node) => ({
      ...{ name, node, files: { [INIT]: OPEN }, ...(node === 0 ? {} : { follows: GROUP[0]! }) },
      answers: `test "$(${CLIENT} --execute="${ONLINE}")" = ONLINE`,
      command: ["bash", "-euo", "pipefail", "-c", `${MAKE_DATA}\n${joined(node)}`],
    })),
  ];
}

/** What members of ours are given beside their option file, without what makes them members. */
export function sameSettings(): string[] {
  const member = /group-replication|plugin-load|super-read-only|offline-mode/;
  const certificate = [
    ["ca", "ca.crt"],
    ["cert", "tls.crt"],
    ["key", "tls.key"],
  ].map(([name, file]) => `--ssl-${name}=${BARE.certificates}/${file}`);
  return [
    `--defaults-file=${BARE.settings}/${CONFIG}`,
    ...FIXED_ARGUMENTS.filter((one) => !member.test(one)),
    `--tmpdir=${BARE.run}`,
    ...certificate,
  ];
}

const MAKE_DATA = `mysqld --no-defaults --initialize-insecure --datadir=${DATA} --init-file=${BARE.settings}/${INIT}`;

function serverOf(settings: readonly string[]): string {
  return ["mysqld", ...settings, ...PLACES].join(" ");
}

/**
 * Joins the group as the manual has it done.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/group-replication-deploying-in-single-primary-mode.html
 */
function joined(node: number): string {
  const server = serverOf([
    ...["--no-defaults", `--server-id=${node + 1}`, "--report-host=$ADDRESS"],
    ...["--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--plugin-load-add=group_replication.so"],
    ...groupOptions(),
  ]);
  const start = "START GROUP_REPLICATION USER='app';";
  const makes = "SET GLOBAL group_replication_bootstrap_group =";
  const sql = node === 0 ? `${makes} ON; ${start} ${makes} OFF;` : start;
  // The server is not there yet, or the first one's Service leads nowhere yet.
  return `${server} &\nuntil ${CLIENT} --execute="${sql}"; do sleep 1; done\nwait $!`;
}

function groupOptions(): string[] {
  const options = {
    "group-name": GROUP_NAME,
    "start-on-boot": "OFF",
    "local-address": `$ADDRESS:${GROUP_PORT}`,
    "group-seeds": `${GROUP[0]}:${GROUP_PORT}`,
    // By itself it lets in private networks alone, which the test bed's is not.
    "ip-allowlist": everything,
  };
  return Object.entries(options).map(([name, value]) => `--loose-group-replication-${name}=${value}`);
}
