import type { ClientTarget } from "../database/client";
import { CQL_PORT } from "./protocol";

/**
 * The client takes a password from a file alone, which is its user's own.
 *
 * @see https://cassandra.apache.org/doc/5.0/cassandra/managing/tools/cqlsh.html
 */
export function cassandraClient({ host, database, authority }: ClientTarget): string {
  return (
    'umask 077 && file="$HOME/credentials" && ' +
    `printf '[PlainTextAuthProvider]\\nusername = %s\\npassword = %s\\n' "$USERNAME" "$PASSWORD" >"$file" && ` +
    `SSL_CERTFILE=${authority} SSL_VALIDATE=true exec cqlsh --ssl --credentials="$file" --keyspace=${database} ${host} ${CQL_PORT}`
  );
}
