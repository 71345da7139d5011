import type { ClientTarget } from "../database/client";
import { MYSQL_PORT } from "./protocol";

/** @see https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html */
export function mysqlClient({ host, database, authority }: ClientTarget): string {
  return (
    `MYSQL_PWD="$PASSWORD" exec mysql --host=${host} --port=${MYSQL_PORT} --user="$USERNAME" ` +
    `--ssl-mode=VERIFY_IDENTITY --ssl-ca=${authority} ${database}`
  );
}
