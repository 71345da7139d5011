import { DATABASE_DEFAULTS } from "../../components/database/defaults";
import { isDeepStrictEqual } from "node:util";
import { backupSettings, wantedBackup } from "../../components/backup/settings";
import { BACKUP_FILES, type BackupSettings } from "../../components/protocol/backup";
import { backupName } from "../../components/protocol/names";
import type { StackConfig } from "../../stacks/types";
import { RefusedError } from "../deploy/refused-error";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { askStore } from "./ask-store";
import { requireFit } from "./restore-target";

/**
 * Has the store asked, before anything is changed, whether each database that is new can begin with what its stack file says: the moment,
 * the room, and a version that reads what is stored. Only the other database's Jobs may ask; where it is not there, or its backup lies
 * elsewhere, the restore itself will tell.
 *
 * @throws RefusedError with each database that cannot
 */
export async function requireRestorable(
  kubectl: Kubectl,
  { namespace, databases }: Pick<StackConfig, "namespace" | "databases">,
  ask: typeof askStore = askStore,
): Promise<void> {
  const refused: string[] = [];
  for (const { name, args } of databases) {
    const { restoreFrom, backup } = args;
    const own = wantedBackup(backup);
    if (restoreFrom === undefined || own === undefined) continue;
    if (await kubectl.get("statefulset", name, namespace)) continue;
    const asked = { ...restoreFrom, namespace: restoreFrom.namespace ?? namespace };
    if (!(await isStoredAt(kubectl, asked, backupSettings(own)))) continue;
    console.error(`${name}: asking the store what ${asked.database} has`);
    const found = await ask(kubectl, asked);
    try {
      if ("refused" in found) throw new RefusedError(found.refused);
      requireFit(found, {
        namespace,
        name,
        version: args.version,
        storage: args.storage ?? DATABASE_DEFAULTS.storage,
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.push(`  - stateful:databases.${name}.restoreFrom: ${error.message}`);
    }
  }
  if (refused.length > 0)
    throw new RefusedError(`This cannot be restored, and nothing was changed:\n${refused.join("\n")}`);
}

/** Whether a database is there whose Jobs can ask, and its backup lies where the new one's is to be read. */
async function isStoredAt(
  kubectl: Kubectl,
  { database, namespace }: { database: string; namespace: string },
  { destination }: BackupSettings,
): Promise<boolean> {
  if (!(await kubectl.get("cronjob", backupName(database), namespace))) return false;
  const told = await kubectl.get<ApiObject & { data?: Record<string, string> }>(
    "configmap",
    backupName(database),
    namespace,
  );
  const there = JSON.parse(told?.data?.[BACKUP_FILES.settings] ?? "{}") as Partial<BackupSettings>;
  return isDeepStrictEqual(there.destination, destination);
}
