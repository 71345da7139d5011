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

/** The account by which members reach each other. */
export const REPLICATION_USER = "stateful_replication";

/** A text as an SQL literal, on one line. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
  return `'${escaped}'`;
}

/**
 * Statements that the server runs at each start, before it listens: the Secret's passwords hold from
 * then on, whatever the data directory brought along. They stay out of the binary log, so that a
 * member that is not in its group makes no transaction of its own.
 */
export function initSql(rootPassword: string, replicationPassword: string): string {
  const replication = `'${REPLICATION_USER}'@'%'`;
  return [
    "SET sql_log_bin = 0;",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${quote(rootPassword)};`,
    `CREATE USER IF NOT EXISTS ${replication} IDENTIFIED BY ${quote(replicationPassword)} REQUIRE SSL;`,
    `ALTER USER ${replication} IDENTIFIED BY ${quote(replicationPassword)};`,
    `GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO ${replication};`,
    "",
  ].join("\n");
}
