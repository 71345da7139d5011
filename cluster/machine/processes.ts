import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { machineDir, sources } from "../layout";

/**
 * Finding a machine's first process. The kernel's process table is asked each time: a file with a process id would
 * be wrong after a crash, or after the id was given to somebody else.
 */

export const bootScript = join(sources, "machine", "boot.sh");

/** Process id, as the host sees it, of a machine's first process; undefined while the machine is off. */
export function findMachine(name: string): number | undefined {
  const dir = machineDir(name);
  return machines().find((machine) => machine.dir === dir)?.pid;
}

/** When a machine that is on finished booting; undefined before that. Told by a file that each boot makes anew. */
export function bootedAt(name: string): Date | undefined {
  const pid = findMachine(name);
  if (pid === undefined) return undefined;
  return statSync(`/proc/${pid}/root/run/booted`, { throwIfNoEntry: false })?.mtime;
}

/** Names of this checkout's machines that are on, whether or not anything of them is still on the disk. */
export function runningMachines(): string[] {
  return machines()
    .filter((machine) => machine.dir.startsWith(machineDir("")))
    .map((machine) => basename(machine.dir));
}

/** Directories of machines that run from another checkout: two test beds would fight over the same addresses. */
export function foreignMachines(): string[] {
  const own = machineDir("");
  return machines()
    .map((machine) => machine.dir)
    .filter((dir) => !dir.startsWith(own));
}

interface Machine {
  pid: number;
  dir: string;
}

function machines(): Machine[] {
  const found: Machine[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const [shell = "", script = "", dir = ""] = readOrNothing(`/proc/${entry}/cmdline`).split("\0");
    if (!shell.endsWith("bash") || !script.endsWith("/machine/boot.sh") || dir === "") continue;
    // The script's subshells look the same; only the first process has the id 1 inside the machine. A machine one level
    // further down belongs to a test bed with a process table and a network of its own.
    if (/^NSpid:\t\d+\t1$/m.test(readOrNothing(`/proc/${entry}/status`)))
      found.push({ pid: Number(entry), dir });
  }
  return found;
}

/** Processes end while they are looked at; that is no error. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
