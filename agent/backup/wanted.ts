import { join } from "node:path";
import { BACKUP_FILES, type BackupSettings } from "../../components/protocol/backup";
import { readIfThere } from "../core/record";
import { Seal } from "./seal";
import { openStore } from "./store/open";
import { Refused, type Store } from "./store/store";

/** A backup that is wanted, with what it takes. */
export interface Wanted {
  settings: BackupSettings;
  store: Store;
  seal: Seal;
}

/**
 * Reads what is mounted, again at each call: it may be changed while the pod runs.
 * @returns what tells whether a backup is wanted, and how; `undefined` for none
 */
export function wantedIn(
  directory: string,
  env: Record<string, string | undefined>,
): () => Promise<Wanted | undefined> {
  let held: { text: string; key: string; wanted: Wanted } | undefined;
  return async () => {
    const text = await readIfThere(join(directory, BACKUP_FILES.settings));
    if (text === undefined || text.trim() === "") return undefined;
    const key = await readIfThere(join(directory, BACKUP_FILES.encryptionKey));
    if (key === undefined) {
      const file = BACKUP_FILES.encryptionKey;
      throw new Refused(`the backup has no ${file}`, `give the Secret of its encryption the key ${file}`);
    }
    if (held?.text === text && held.key === key) return held.wanted;
    const settings = JSON.parse(text) as BackupSettings;
    const wanted = { settings, store: openStore(settings.destination, directory, env), seal: new Seal(key) };
    held = { text, key, wanted };
    return wanted;
  };
}
