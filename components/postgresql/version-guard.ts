import { updateGuard } from "../common/update-guard";

/** What of a ConfigMap's inputs tells the major version. */
interface VersionedInputs {
  metadata?: { annotations?: Record<string, string> };
}

/** Annotation of the ConfigMap with the major version: it changes in place, so that the change can be refused. */
export const VERSION_ANNOTATION = "stateful/version";

/** Says why a server of another major version must not run on the data, or nothing if it is the same. */
export function versionRefusal(
  database: string,
  before: VersionedInputs,
  after: VersionedInputs,
): string | undefined {
  const [had, wanted] = [before, after].map(({ metadata }) => metadata?.annotations?.[VERSION_ANNOTATION]);
  if (had === undefined || wanted === undefined || had === wanted) return undefined;
  return (
    `${database}: PostgreSQL cannot go from version ${had} to ${wanted} in place: a server does not start on the ` +
    `data of another major version. Make a second database with version "${wanted}", copy the data with ` +
    "pg_dump and pg_restore or by logical replication, and remove the first one: see docs/postgresql.md."
  );
}

/** Refuses another major version, already at preview. */
export function versionGuard(database: string): ReturnType<typeof updateGuard> {
  return updateGuard<VersionedInputs>(`${database}-version`, (_, before, after) =>
    Promise.resolve(versionRefusal(database, before, after)),
  );
}
