import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { binariesDir } from "./binaries";
import { UserError } from "./errors";
import { sources } from "./layout";
import { step } from "./progress";
import { run } from "./shell";

/**
 * Java programs as their makers publish them, by Maven: `jars/<name>/pom.xml` names what is wanted, at pinned versions, and
 * `SHA256SUMS` beside it each file that an image has of it. They are kept beside the programs that are built.
 */

const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/** The files of a program: what they are called in its folder → where they are below the binaries' folder. */
export function jars(name: string): Map<string, string> {
  return new Map([...sumsOf(name).keys()].map((file) => [file, join(folderName(name), file)]));
}

/** Fetches what the cache does not have yet. */
export async function ensureJars(name: string): Promise<void> {
  const target = join(binariesDir, folderName(name));
  if (existsSync(target)) return;
  await step(`fetching the jars of ${name}`, async () => {
    const unfinished = `${target}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    const pom = join(sources, "jars", name, "pom.xml");
    await run("nice", ["-n", "10", "mvn", "-q", "-B", "-f", pom, PLUGIN, `-DoutputDirectory=${unfinished}`]);
    for (const [file, wanted] of sumsOf(name)) {
      const path = join(unfinished, file);
      const found = existsSync(path)
        ? createHash("sha256").update(readFileSync(path)).digest("hex")
        : "missing";
      if (found !== wanted) {
        throw new UserError(`${file} is not what jars/${name}/SHA256SUMS says: ${found}, not ${wanted}.`);
      }
    }
    renameSync(unfinished, target);
  });
}

/** By file its sum. */
function sumsOf(name: string): Map<string, string> {
  const lines = readFileSync(join(sources, "jars", name, "SHA256SUMS"), "utf8")
    .trim()
    .split("\n");
  return new Map(
    lines.map((line) => {
      const [sum = "", file = ""] = line.split(/\s+/);
      return [file, sum] as const;
    }),
  );
}

function folderName(name: string): string {
  const hash = createHash("sha256");
  for (const file of ["pom.xml", "SHA256SUMS"]) hash.update(readFileSync(join(sources, "jars", name, file)));
  return `${name}-jars-${hash.digest("hex").slice(0, 12)}`;
}
