import type { ClientTarget } from "../database/client";
import { REDIS_TLS_PORT } from "./protocol";

/**
 * Each brand's image has a client of its own name. With `-e` it ends with an error when a command is refused.
 *
 * @see https://valkey.io/topics/cli/
 */
export function redisClient({ host, authority }: ClientTarget): string {
  return (
    'REDISCLI_AUTH="$PASSWORD" exec "$(command -v valkey-cli || command -v redis-cli)" ' +
    `-h ${host} -p ${REDIS_TLS_PORT} --user "$USERNAME" --no-auth-warning -e --tls --cacert ${authority}`
  );
}
