import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
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
  const fetched = join(home, "versions", installedVersion("pulumi"), "bin");

  const directory = [...onPath, fetched].find((candidate) => isCli(join(candidate, "pulumi")));
  const host = "pulumi-language-nodejs";
  const hasHost = [...onPath, directory ?? fetched].some((candidate) => isProgram(join(candidate, host)));
  const versions = PROVIDERS.map((name) => [name, installedVersion(`@pulumi/${name}`)] as const);
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

function installedVersion(name: string): string {
  const manifest = readFileSync(join(PROJECT, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
