import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./errors";
import { cacheDir } from "./layout";
import { step } from "./progress";
import { onPath, run } from "./shell";

/** Programs of Debian's packages that tests use beside the cluster: unpacked into the cache, and not installed. */

const folder = join(cacheDir, "debian");

/** Path of a package's program, on the PATH or in the cache; `undefined` where it is in neither. */
export function debianProgram(from: string, program: string): string | undefined {
  const unpacked = join(folder, from, "usr", "bin", program);
  if (existsSync(unpacked)) return unpacked;
  return onPath(program) ? program : undefined;
}

/** Has a package's program, and fetches the package if need be. @returns the program's path */
export async function ensureDebianProgram(from: string, program: string): Promise<string> {
  const there = debianProgram(from, program);
  if (there !== undefined) return there;
  if (!onPath("apt-get") || !onPath("dpkg-deb")) {
    throw new UserError(`There is no ${program}, and no apt-get to fetch it with. Put it on the PATH.`);
  }
  await step(`fetching Debian's ${from}`, async () => fetchPackage(from));
  const fetched = debianProgram(from, program);
  if (fetched === undefined) throw new UserError(`Debian's ${from} has no program ${program}.`);
  return fetched;
}

async function fetchPackage(from: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, `${from}.unfinished-`));
  try {
    await run("apt-get", ["download", "--quiet", from], { cwd: work }).catch(async () => {
      // What the lists name may be gone.
      await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update", "--quiet"]);
      await run("apt-get", ["download", "--quiet", from], { cwd: work });
    });
    const [archive] = readdirSync(work).filter((name) => name.endsWith(".deb"));
    if (archive === undefined) throw new UserError(`apt-get downloaded no package ${from}.`);
    await run("dpkg-deb", ["--extract", join(work, archive), join(work, "root")]);
    rmSync(join(folder, from), { recursive: true, force: true });
    renameSync(join(work, "root"), join(folder, from));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
