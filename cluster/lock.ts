import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./errors";
import { stateDir } from "./layout";

/**
 * Does something that must not be done twice at a time. The lock of a process that is gone does not count.
 *
 * @param file @default the lock of this checkout's cluster
 */
export async function exclusively(work: () => Promise<void>, file = join(stateDir, "lock")): Promise<void> {
  mkdirSync(join(file, ".."), { recursive: true });
  take(file);
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): void {
  const own = identityOf(process.pid) ?? String(process.pid);
  try {
    writeFileSync(file, own, { flag: "wx" });
  } catch {
    const holder = holderOf(file);
    if (holder !== undefined) {
      throw new UserError(
        `Another \`up\` or \`down\` is at work here (process ${holder}): wait until it is done.`,
      );
    }
    writeFileSync(file, own);
  }
}

/** Process that holds the lock, if it is still the one that took it. */
function holderOf(file: string): number | undefined {
  const held = readFileSync(file, "utf8");
  const pid = Number(held.split(" ")[0]);
  return held === identityOf(pid) ? pid : undefined;
}

/** A process by its number and the time when it began, in the kernel's ticks: numbers are given anew. */
function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold anything. The time is the 20th field after it.
    const began = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return began === undefined ? undefined : `${pid} ${began}`;
  } catch {
    return undefined;
  }
}
