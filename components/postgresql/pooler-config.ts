import { type PoolerKey, POOLER_SCHEMA, POOLER_USER, POOLER_USERS, POSTGRESQL_PORT } from "./protocol";
import { TLS_PATH } from "../protocol/paths";
import { REPLICAS_SUFFIX } from "../protocol/topology";
import type { ResolvedPostgreSql } from "./resolve";
import { PoolMode } from "./args";
import type { TlsArgs } from "../tls/args";
import { LOOKUP_CONNECTIONS, type ResolvedPooler } from "./pooler-checks";

/** Where the socket and the list of users are, in memory. */
export const POOLER_RUN = "/run/pgbouncer";

/**
 * Ends a connection to a server that is not the primary: made while the primary's address changed hands, it would
 * otherwise refuse writes for as long as it lives. Only the user that logged in may end it.
 * https://github.com/zalando/postgres-operator/issues/1928
 */
const ONLY_TO_A_PRIMARY =
  "SET ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid()) WHERE pg_is_in_recovery(); RESET ROLE";

/** What each runs on a new connection. */
const CONNECT_QUERIES: Readonly<Record<PoolerKey, string | undefined>> = {
  pooler: ONLY_TO_A_PRIMARY,
  // What leads to the replicas leads to the primary while none of them serves.
  replicasPooler: undefined,
};

/** The poolers that a database has, by their arguments. */
export function poolersOf(args: Pick<ResolvedPostgreSql, PoolerKey>): PoolerKey[] {
  return (["pooler", "replicasPooler"] as const).filter((key) => args[key] !== undefined);
}

/** The Service that one leads to. */
export function poolerTarget(database: string, key: PoolerKey): string {
  return key === "pooler" ? database : `${database}${REPLICAS_SUFFIX}`;
}

/** Whether it has any: then they have an account. */
export function hasPooler(args: Pick<ResolvedPostgreSql, PoolerKey>): boolean {
  return poolersOf(args).length > 0;
}

/** Whether a pooler verifies that it speaks to a member, by its authority and its name. */
export function verifiesMembers({ verifyMembers = true }: TlsArgs = {}): boolean {
  return verifyMembers;
}

/**
 * PgBouncer's settings.
 *
 * @param key which of a database's it is
 * @param host DNS name where it leads, by which clients know that: one that the members' certificate has
 * @see https://www.pgbouncer.org/config.html
 */
export function pgbouncerIni(
  key: PoolerKey,
  host: string,
  { database, tls }: Pick<ResolvedPostgreSql, "database" | "tls">,
  { mode, poolSize, maxClients }: ResolvedPooler,
): string {
  const main: Record<string, string | number> = {
    listen_addr: "*",
    listen_port: POSTGRESQL_PORT,
    unix_socket_dir: POOLER_RUN,
    auth_type: "scram-sha-256",
    auth_file: `${POOLER_RUN}/userlist.txt`,
    // The script writes the one that the Secret names.
    auth_user: POOLER_USER,
    auth_query: `SELECT name, hash FROM ${POOLER_SCHEMA}.lookup($1)`,
    pool_mode: mode,
    default_pool_size: poolSize,
    // Of all users together: a rotation has two of them for a while.
    max_db_connections: poolSize + LOOKUP_CONNECTIONS,
    max_client_conn: maxClients,
    max_prepared_statements: mode === PoolMode.Transaction ? 100 : 0,
    // The JDBC driver and others ask for it at log-in.
    ignore_startup_parameters: "extra_float_digits",
    // How soon a new primary is found; by default 15 s after the last attempt.
    server_login_retry: 1,
    server_connect_timeout: 5,
    dns_nxdomain_ttl: 1,
    server_lifetime: 60,
    query_wait_timeout: 30,
    // What is on a dead node is given up after 10 s.
    tcp_keepidle: 4,
    tcp_keepintvl: 2,
    tcp_keepcnt: 3,
    tcp_user_timeout: 10_000,
    client_tls_sslmode: tls?.required ? "require" : "prefer",
    client_tls_cert_file: `${TLS_PATH}/tls.crt`,
    client_tls_key_file: `${TLS_PATH}/tls.key`,
    // It verifies no client, and yet does not start in an image that has no authorities at all.
    client_tls_ca_file: `${TLS_PATH}/ca.crt`,
    server_tls_sslmode: verifiesMembers(tls) ? "verify-full" : "require",
    server_tls_ca_file: `${TLS_PATH}/ca.crt`,
    log_connections: 0,
    log_disconnections: 0,
    log_stats: 0,
  };
  const query = CONNECT_QUERIES[key];
  return [
    "[databases]",
    `${database} = host=${host} port=${POSTGRESQL_PORT}${query === undefined ? "" : ` connect_query='${query}'`}`,
    "",
    "[users]",
    ...POOLER_USERS.map((user) => `${user} = max_user_connections=${LOOKUP_CONNECTIONS}`),
    "",
    "[pgbouncer]",
    ...Object.entries(main).map(([key, value]) => `${key} = ${value}`),
    "",
  ].join("\n");
}
