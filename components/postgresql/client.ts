import type { ClientTarget } from "../database/client";
import { POSTGRESQL_PORT } from "./protocol";

/**
 * A mistake in what is piped in ends it with an error; who types goes on.
 *
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export function postgresqlClient({ host, database, authority }: ClientTarget): string {
  return (
    `PGPASSWORD="$PASSWORD" PGSSLMODE=verify-full PGSSLROOTCERT=${authority} ` +
    `exec psql --host=${host} --port=${POSTGRESQL_PORT} --username="$USERNAME" --set=ON_ERROR_STOP=1 ${database}`
  );
}
