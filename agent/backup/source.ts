import { join } from "node:path";
import { RESTORE_FILES, type RestoreWanted } from "../../components/protocol/restore";
import { BACKUP_PATH } from "../../components/protocol/paths";
import { readIfThere } from "../core/record";
import type { Source } from "./restore-steps";

/** What a database is to begin with, as its component says it; `undefined`: nothing. */
export async function wantedSource(namespace: string, directory = BACKUP_PATH): Promise<Source | undefined> {
  const text = await readIfThere(join(directory, RESTORE_FILES.wanted));
  if (text === undefined) return undefined;
  const { time, beforeTransaction, cluster, ...wanted } = JSON.parse(text) as RestoreWanted;
  return {
    namespace: wanted.namespace ?? namespace,
    database: wanted.database,
    ...(cluster === undefined ? {} : { cluster }),
    ...(time === undefined ? {} : { time: Date.parse(time) }),
    ...(beforeTransaction === undefined ? {} : { beforeTransaction }),
  };
}
