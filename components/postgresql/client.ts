import type { ClientTarget } from "../database/client";
import { POSTGRESQL_PORT } from "./protocol";

/** @see https://www.postgresql.org/docs/current/libpq-envars.html */
export function postgresqlClient({ host, database, authority }: ClientTarget): string {
  return (
    `PGPASSWORD="$PASSWORD" PGSSLMODE=verify-full PGSSLROOTCERT=${authority} ` +
    `exec psql --host=${host} --port=${POSTGRESQL_PORT} --username="$USERNAME" ${database}`
  );
}
