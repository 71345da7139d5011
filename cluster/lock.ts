import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./errors";
import { stateDir } from "./layout";
import { until } from "./wait";

/**
 * Does something that must not be done twice at a time. The lock of a process that is gone does not count.
 *
 * @param file @default the lock of this checkout's cluster
 */
export async function exclusively(work: () => Promise<void>, file = join(stateDir, "lock")): Promise<void> {
  const holder = take(file);
  if (holder !== undefined) {
    throw new UserError(
      `Another \`up\` or \`down\` is at work here (process ${holder}): wait until it is done.`,
    );
  }
  await holding(file, work);
}

/**
 * Does something after those that do it already, in this process or another.
 *
 * @param file - the lock's
 * @throws {Error} when others had it for too long
 */
export async function inTurn<Result>(
  work: () => Promise<Result>,
  file: string,
  timeoutSeconds = 60,
): Promise<Result> {
  await until(async () => take(file) === undefined, {
    what: `others to be done with what ${file} is the lock of`,
    timeoutSeconds,
    everyMs: 50,
  });
  return await holding(file, work);
}

async function holding<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Takes a lock, or says which process has it. */
function take(file: string): number | undefined {
  mkdirSync(join(file, ".."), { recursive: true });
  const own = identityOf(process.pid) ?? String(process.pid);
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, own);
  try {
    // Never there without its content: nobody would be taken for its holder.
    linkSync(whole, file);
  } catch {
    const holder = holderOf(file);
    if (holder !== undefined) return holder;
    writeFileSync(file, own);
  } finally {
    rmSync(whole, { force: true });
  }
  return undefined;
}

/** Process that holds the lock, if it is still the one that took it. */
function holderOf(file: string): number | undefined {
  const held = existsSync(file) ? readFileSync(file, "utf8") : "";
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
