import type { BackupArgs } from "../components/backup/args";

/** With the claim that the stack has for full copies, where nothing was said. */
export function onScratch(backup: BackupArgs | undefined, claim: string | undefined): BackupArgs | undefined {
  const named = backup?.scratch?.claim ?? backup?.scratch?.storageClassName;
  if (backup === undefined || claim === undefined || named !== undefined) return backup;
  return { ...backup, scratch: { claim } };
}

/**
 * A database's backup: what it says for itself goes before what the stack says for all. Each key counts as a whole, so that a
 * database with a destination of its own keeps nothing of the stack's.
 */
export function backupOf(stack: BackupArgs | undefined, own: BackupArgs | undefined): BackupArgs | undefined {
  if (stack === undefined || own?.enabled === false) return own;
  return { ...stack, ...own };
}
