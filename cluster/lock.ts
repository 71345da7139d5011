import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "./layout";
import { UserError } from "./progress";

const file = join(stateDir, "lock");

/** Does something that must not be done twice at a time. The lock of a command that was killed does not count. */
export async function exclusively(work: () => Promise<void>): Promise<void> {
  mkdirSync(stateDir, { recursive: true });
  take();
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(): void {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch {
    const holder = holderOfLock();
    if (holder !== undefined) {
      throw new UserError(
        `Another \`up\` or \`down\` is at work here (process ${holder}): wait until it is done.`,
      );
    }
    writeFileSync(file, String(process.pid));
  }
}

/** Process that holds the lock, if it is still the command that took it. */
function holderOfLock(): string | undefined {
  try {
    const holder = readFileSync(file, "utf8");
    return readFileSync(`/proc/${holder}/cmdline`, "utf8").includes("cluster/cli") ? holder : undefined;
  } catch {
    return undefined;
  }
}
