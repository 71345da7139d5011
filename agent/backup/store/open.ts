import { join } from "node:path";
import { BACKUP_FILES, type BackupDestination } from "../../../components/protocol/backup";
import { readIfThere } from "../../core/record";
import { keysOfIdentity, keysOfSecret } from "./credentials";
import { DirectoryStore } from "./directory";
import { S3Store } from "./s3";
import type { Store } from "./store";

/** @param directory - where the Secrets' files are mounted. */
export function openStore(
  destination: BackupDestination,
  directory: string,
  env: Record<string, string | undefined>,
): Store {
  if (destination.kind === "directory") return new DirectoryStore(destination);
  const keys =
    destination.credentials === "keys" ? keysOfSecret(directory) : keysOfIdentity(env, destination.region);
  return new S3Store({ destination, keys, ca: () => readIfThere(join(directory, BACKUP_FILES.ca)) });
}
