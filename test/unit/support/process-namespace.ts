import { spawnSync } from "node:child_process";

/**
 * Starts a program, which comes after it, where it sees no processes but its own, as in a container: scripts look at every process there
 * is, and end those that have a server's name.
 */
export const IN_NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;

/** Skips a suite where that cannot be done, and says so. */
export function skipWithoutNamespace(context: Mocha.Context): void {
  const [program, ...args] = IN_NAMESPACE;
  if (spawnSync(program, [...args, "true"]).status === 0) return;
  context.test!.title += " (SKIPPED: it takes a process namespace, which needs root on Linux)";
  context.skip();
}
