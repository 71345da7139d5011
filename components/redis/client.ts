import type { ClientTarget } from "../database/client";
import { REDIS_TLS_PORT } from "./protocol";

/**
 * Each brand's image has a client of its own name. It says of a command in what is piped in that it was refused, and goes on: so it does
 * with `-e`, too.
 *
 * @see https://valkey.io/topics/cli/
 */
export function redisClient({ host, authority }: ClientTarget): string {
  return (
    'REDISCLI_AUTH="$PASSWORD" exec "$(command -v valkey-cli || command -v redis-cli)" ' +
    `-h ${host} -p ${REDIS_TLS_PORT} --user "$USERNAME" --no-auth-warning --tls --cacert ${authority}`
  );
}
