import { refuseVersions } from "../common/version-guard";

/** Says why a server of another major version must not run on the data, or nothing if it is the same. */
export const versionRefusal = refuseVersions(
  (database, had, wanted) =>
    `${database}: PostgreSQL cannot go from version ${had} to ${wanted} in place: a server does not start on the ` +
    `data of another major version. Make a second database with version "${wanted}", copy the data with ` +
    "pg_dump and pg_restore or by logical replication, and remove the first one: see docs/postgresql.md.",
);
