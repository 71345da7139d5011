import { BACKUP_FILES, type BackupSettings } from "../../components/protocol/backup";
import { readMounted } from "./open";
import { Seal } from "./seal";
import { openStore } from "./store/open";
import type { Store } from "./store/store";

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
    const mounted = await readMounted(directory, BACKUP_FILES.encryptionKey);
    if (mounted === undefined) return undefined;
    const { text, key } = mounted;
    if (held?.text === text && held.key === key) return held.wanted;
    const settings = JSON.parse(text) as BackupSettings;
    const wanted = { settings, store: openStore(settings.destination, directory, env), seal: new Seal(key) };
    held = { text, key, wanted };
    return wanted;
  };
}
