import type * as pulumi from "@pulumi/pulumi";
import { updateGuard } from "../common/update-guard";
import { RESTORED_FROM } from "../protocol/annotations";
import type { RestoreFromArgs } from "./args";

/** That annotation, where the database begins with another one's backup. */
export function restoredFrom(restoreFrom: RestoreFromArgs | undefined): Record<string, string> {
  if (restoreFrom === undefined) return {};
  const { database, namespace, cluster, time, beforeTransaction } = restoreFrom;
  return { [RESTORED_FROM]: JSON.stringify({ database, namespace, cluster, time, beforeTransaction }) };
}

/** What of a StatefulSet's inputs tells what its database began with. */
export interface RestoredInputs {
  metadata?: { annotations?: Record<string, string> };
}

/** Says why a database that is there cannot be restored into, or nothing where that is not asked. */
export function restoreRefusal(
  database: string,
  { metadata: before }: RestoredInputs,
  { metadata: after }: RestoredInputs,
): string | undefined {
  const [had, wanted] = [before, after].map((metadata) => metadata?.annotations?.[RESTORED_FROM]);
  // Once it is there, the line may go.
  if (wanted === undefined || wanted === had) return undefined;
  return (
    `${database}: restoreFrom is for a new database, and this one exists: nothing is ever restored over data. ` +
    `Add another database with restoreFrom, look at what it has, and lead the applications there; or set restoreFrom back.`
  );
}

/** Refuses a restore into a database that is there, already at preview. */
export function restoreGuard(name: string): pulumi.ResourceHookBinding | undefined {
  return updateGuard<RestoredInputs>(`${name}-restore`, (database, before, after) =>
    restoreRefusal(database, before, after),
  );
}
