import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { PROJECT } from "./stack-config";

/** A Pulumi that is on this machine. */
export interface InstalledPulumi {
  /** Directory of the CLI and of the language host beside it. */
  directory: string;
  /** Versions of the provider plugins, by package. */
  providers: Record<string, string>;
}

const PROVIDERS = ["kubernetes", "random", "tls"];

/**
 * Looks for Pulumi, and downloads nothing: the CLI and the language host on the PATH, or where the npm package
 * `pulumi` keeps them; the plugins in Pulumi's home, or on the PATH.
 *
 * @returns where it is, or the names of what is not there
 */
export function findPulumi(): InstalledPulumi | { missing: string[] } {
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const npms = installedVersion("pulumi");
  const fetched = npms === undefined ? [] : [join(home, "versions", npms, "bin")];

  const directory = [...onPath, ...fetched].find((candidate) => isCli(join(candidate, "pulumi")));
  const host = "pulumi-language-nodejs";
  const beside = directory === undefined ? fetched : [directory];
  const hasHost = [...onPath, ...beside].some((candidate) => isProgram(join(candidate, host)));
  const versions = PROVIDERS.map((name) => [name, installedVersion(`@pulumi/${name}`) ?? ""] as const);
  const missingPlugins = versions.filter(([name, version]) => {
    const program = `pulumi-resource-${name}`;
    return ![join(home, "plugins", `resource-${name}-v${version}`), ...onPath].some((candidate) =>
      isProgram(join(candidate, program)),
    );
  });

  const missing = [
    ...(directory === undefined ? ["the program pulumi"] : []),
    ...(hasHost ? [] : [`the program ${host}`]),
    ...missingPlugins.map(([name, version]) => `the provider plugin ${name} ${version}`),
  ];
  if (directory === undefined || missing.length > 0) return { missing };
  return { directory, providers: Object.fromEntries(versions) };
}

/** Whether a file is the CLI itself: npm's `pulumi` is a script that would first download one. */
function isCli(path: string): boolean {
  return isProgram(path) && !realpathSync(path).endsWith(join("pulumi", "run.js"));
}

function isProgram(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The version of a package that the project's programs would load; undefined for one that it has not. */
function installedVersion(name: string): string | undefined {
  const manifest = createRequire(join(PROJECT, "package.json"))
    .resolve.paths(name)
    ?.map((directory) => join(directory, name, "package.json"))
    .find((path) => existsSync(path));
  if (manifest === undefined) return undefined;
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
