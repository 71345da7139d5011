import { REPLICATION_USER } from "../../components/protocol/accounts";
/**
 * Settings that what the agent promises rests on. They are given to the server as arguments, where
 * they win over every option file; what may be tuned stays in the option file.
 */
export const FIXED_ARGUMENTS: readonly string[] = [
  // Two libraries of the server's own package.
  "--plugin-load-add=group_replication.so",
  "--plugin-load-add=mysql_clone.so",
  // Group Replication needs both. https://dev.mysql.com/doc/refman/8.4/en/group-replication-requirements.html
  "--gtid-mode=ON",
  "--enforce-gtid-consistency=ON",
  "--log-bin=binlog",
  "--relay-log=relay",
  // A server that has just started takes no writes and no clients until the agent knows its place.
  "--super-read-only=ON",
  "--offline-mode=ON",
  "--loose-group-replication-start-on-boot=OFF",
  "--loose-group-replication-autorejoin-tries=0",
  // Put out of the group: clients are disconnected, the agent stays.
  "--loose-group-replication-exit-state-action=OFFLINE_MODE",
  "--loose-group-replication-single-primary-mode=ON",
  "--loose-group-replication-enforce-update-everywhere-checks=OFF",
  // The group speaks over the server's own port, with its accounts and its TLS, which the option file says.
  "--loose-group-replication-communication-stack=MYSQL",
];

/** Of a server that nobody connects to, with less memory than a member: its option file was made for one. */
export const APART_ARGUMENTS: readonly string[] = [
  "--innodb-buffer-pool-size=134217728",
  "--max-connections=20",
  "--table-open-cache=200",
  "--skip-networking",
  // What its data says to be done now and then is not done here.
  "--event-scheduler=DISABLED",
];

/**
 * What policies of the server (`password_history`, `password_reuse_interval`, `default_password_lifetime`) and failed
 * log-ins do to other accounts must not end those that the Secret speaks for: it may set a password back, and it says when one
 * ends. https://dev.mysql.com/doc/refman/8.4/en/password-management.html
 */
export const LASTING =
  "PASSWORD EXPIRE NEVER PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0 " +
  "ACCOUNT UNLOCK";

/** The SQL mode of the agent's own statements, whatever `sql_mode` says: texts are escaped as in the default. */
export const SET_SQL_MODE = "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'";

const WITH_HASH = "IDENTIFIED WITH caching_sha2_password AS";

/**
 * Statements that the server runs at each start, before it listens: the Secret's passwords hold from
 * then on, whatever the data directory brought along. They stay out of the binary log, so that a
 * member that is not in its group makes no transaction of its own. The first that fails ends them all.
 *
 * @param root - hash of the administrator's password, as `hashLiteral` makes it.
 * @param replication - that of the members' password.
 */
export function initSql(root: string, replication: string): string {
  return [
    "SET sql_log_bin = 0",
    SET_SQL_MODE,
    `ALTER USER 'root'@'localhost' ${WITH_HASH} ${root} ${LASTING}`,
    ...memberStatements(replication),
  ]
    .map((statement) => `${statement};\n`)
    .join("");
}

/** Make the members' account. Its password before stays valid: others may still come with it. */
export function memberStatements(hash: string): string[] {
  const member = `'${REPLICATION_USER}'@'%'`;
  return [
    `CREATE USER IF NOT EXISTS ${member} ${WITH_HASH} ${hash} REQUIRE SSL ${LASTING}`,
    `GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO ${member}`,
    `ALTER USER ${member} ${WITH_HASH} ${hash} RETAIN CURRENT PASSWORD REQUIRE SSL ${LASTING}`,
  ];
}
