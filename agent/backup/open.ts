import { join } from "node:path";
import { BACKUP_FILES, type BackupSettings } from "../../components/protocol/backup";
import { BACKUP_PATH, RESTIC_PATH } from "../../components/protocol/paths";
import { readIfThere } from "../core/record";
import { baseFolder, livesOf, type Place } from "./layout";
import { Restic, resticProgram } from "./restic";
import { Seal } from "./seal";
import { keysOfIdentity, keysOfSecret } from "./store/credentials";
import { openStore } from "./store/open";
import { Refused, type Store } from "./store/store";

type Environment = Record<string, string | undefined>;

/** A backup as it is wanted now. */
export interface Opened {
  settings: BackupSettings;
  /** What all is encrypted with. */
  key: string;
  seal: Seal;
  store: Store;
  /** Where settings and Secrets are mounted. */
  directory: string;
}

/**
 * @param keyFile - the one with the key, below the directory.
 * @returns `undefined` where there is no backup.
 * @throws Refused when there is one, and no key.
 */
export async function openBackup(
  env: Environment,
  directory = BACKUP_PATH,
  keyFile: string = BACKUP_FILES.encryptionKey,
): Promise<Opened | undefined> {
  const mounted = await readMounted(directory, keyFile);
  if (mounted === undefined) return undefined;
  const settings = JSON.parse(mounted.text) as BackupSettings;
  const { key } = mounted;
  const store = openStore(settings.destination, directory, env);
  return { settings, key, seal: new Seal(key), store, directory };
}

/**
 * The settings and the key as they are mounted now.
 * @returns `undefined` where there is no backup.
 * @throws Refused when there is one, and no key.
 */
export async function readMounted(
  directory: string,
  keyFile: string,
): Promise<{ text: string; key: string } | undefined> {
  const text = (await readIfThere(join(directory, BACKUP_FILES.settings)))?.trim() ?? "";
  return text === "" ? undefined : { text, key: await readKey(join(directory, keyFile)) };
}

/** The key, as its Secret has it now. What manifests have in place of a secret is none: everybody knows it. */
async function readKey(path: string): Promise<string> {
  const key = (await readIfThere(path))?.trim() ?? "";
  if (key === "" || /^<.*>$/s.test(key)) {
    throw new Refused(
      `the Secret with the key of the backup has no ${BACKUP_FILES.encryptionKey} that could be used`,
      "write the key into it that the backup was made with",
    );
  }
  return key;
}

/** The repository of full copies of one life. */
export async function resticFor(
  { settings: { destination }, key, directory }: Opened,
  place: Place,
  { env, kibPerSecond }: { env: Environment; kibPerSecond?: number | undefined },
): Promise<Restic> {
  const ca = join(directory, BACKUP_FILES.ca);
  const s3 = destination.kind === "s3" ? destination : undefined;
  return new Restic({
    destination,
    folder: baseFolder(place),
    key,
    keys: s3 && (s3.credentials === "keys" ? keysOfSecret(directory) : keysOfIdentity(env, s3.region)),
    ca: (await readIfThere(ca)) === undefined ? undefined : ca,
    kibPerSecond,
    run: resticProgram(join(RESTIC_PATH, "restic")),
  });
}

/** The life that is written to: the last that there is. */
export async function currentLife(store: Store, where: Omit<Place, "life">): Promise<number> {
  const [last = 1] = await livesOf(store, where);
  return last;
}
