import type { ClientTarget } from "../database/client";
import { ACCOUNTS_DATABASE, MONGODB_PORT } from "./protocol";

/**
 * The shell takes no password from its environment, but what it evaluates does: it connects before it is anybody's to type into.
 *
 * @see https://www.mongodb.com/docs/mongodb-shell/reference/options/
 */
export function mongodbClient({ name, host, database, authority }: ClientTarget): string {
  const options = `authSource=${ACCOUNTS_DATABASE}&replicaSet=${name}&tls=true&tlsCAFile=${authority}`;
  const login = ["USERNAME", "PASSWORD"]
    .map((variable) => `encodeURIComponent(process.env.${variable})`)
    .join(" + ':' + ");
  const connect = `db = connect('mongodb://' + ${login} + '@${host}:${MONGODB_PORT}/${database}?${options}')`;
  return `exec mongosh --quiet --nodb --shell --eval "${connect}"`;
}
