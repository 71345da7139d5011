import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "./errors";
import { cacheDir } from "./layout";
import { step } from "./progress";
import { onPath, run } from "./shell";

/** Programs of Debian's packages that tests use beside the cluster: unpacked into the cache, and not installed. */

const folder = join(cacheDir, "debian");

/** A program that needs libraries which are unpacked beside it. */
export interface UnpackedProgram {
  path: string;
  /** Where it finds them: to be set when it is run. */
  env: Record<string, string>;
}

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
  await fetchPackage(from, program, DOWNLOAD);
  const fetched = debianProgram(from, program);
  if (fetched === undefined) throw new UserError(`Debian's ${from} has no program ${program}.`);
  return fetched;
}

/**
 * Has a package's program that needs more than the machine has: what the package depends on, and is not installed, is unpacked beside it.
 *
 * @param program its path in the package, since one in `/usr/bin` may be a script that names what is installed
 */
export async function ensureWithLibraries(from: string, program: string): Promise<UnpackedProgram> {
  const root = join(folder, from);
  const path = join(root, program);
  if (!existsSync(path)) await fetchPackage(from, program, DOWNLOAD_WITH_DEPENDENCIES);
  if (!existsSync(path)) throw new UserError(`Debian's ${from} has no program ${program}.`);
  const fonts = join(root, "etc", "fonts");
  return {
    path,
    env: {
      LD_LIBRARY_PATH: foldersOfLibraries(root).join(":"),
      // Fonts beside those of the machine, by the rules beside them if the machine has none.
      XDG_DATA_HOME: join(root, "usr", "share"),
      ...(existsSync(fonts) ? { FONTCONFIG_PATH: fonts } : {}),
    },
  };
}

/** Where libraries are in an unpacked package: some have a folder for those of their own. */
function foldersOfLibraries(root: string): string[] {
  const libraries = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^(usr\/)?lib\/.*\.so(\.|$)/.test(file),
  );
  return [...new Set(libraries.map((file) => join(root, dirname(file))))];
}

/** How `apt-get` brings a package's archives into its working directory. */
const DOWNLOAD = ["download"];

const DOWNLOAD_WITH_DEPENDENCIES = [
  ...["install", "--download-only", "--yes", "--no-install-recommends"],
  // It changes nothing of the machine, so it needs no lock of it, nor to be root.
  ...["-o", "Debug::NoLocking=1", "-o", "Dir::Cache::archives=./"],
];

async function fetchPackage(from: string, program: string, download: string[]): Promise<void> {
  if (!onPath("apt-get") || !onPath("dpkg-deb")) {
    throw new UserError(`There is no ${program}, and no apt-get to fetch it with. Put it on the PATH.`);
  }
  await step(`fetching Debian's ${from}`, async () => unpack(from, download));
}

async function unpack(from: string, download: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, `${from}.unfinished-`));
  try {
    mkdirSync(join(work, "partial"));
    const args = [...download, "--quiet", from].map((arg) => arg.replace("=./", `=${work}/`));
    await run("apt-get", args, { cwd: work }).catch(async () => {
      // What the lists name may be gone.
      await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update", "--quiet"]);
      await run("apt-get", args, { cwd: work });
    });
    const archives = readdirSync(work).filter((name) => name.endsWith(".deb"));
    if (archives.length === 0) throw new UserError(`apt-get downloaded no package ${from}.`);
    for (const archive of archives) {
      await run("dpkg-deb", ["--extract", join(work, archive), join(work, "root")]);
    }
    rmSync(join(folder, from), { recursive: true, force: true });
    renameSync(join(work, "root"), join(folder, from));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
