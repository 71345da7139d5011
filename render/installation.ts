import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

// Commands run in a checkout of this repository, from their sources, or as an installed package, compiled.

/** Whether this is a checkout: nothing there is compiled. */
export const IS_CHECKOUT = __filename.endsWith(".ts");

/** Directory of the checkout or the package, with its package.json. It may not be written to in a package. */
export const HOME = IS_CHECKOUT ? join(__dirname, "..") : join(__dirname, "..", "..");

/**
 * Directory of the stack files, and of what commands write: the checkout's own or, with the package, the nearest one with a
 * Pulumi.yaml; the current one where there is none.
 */
export const PROJECT = IS_CHECKOUT ? HOME : (projectAbove(process.cwd()) ?? process.cwd());

function projectAbove(directory: string): string | undefined {
  if (existsSync(join(directory, "Pulumi.yaml"))) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : projectAbove(parent);
}

/** The version that runs. */
export function version(): string {
  const manifest = readFileSync(join(HOME, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * A command as its user types it: `npm run up -- --local` in a checkout, `npx stateful up --local` where the package is
 * installed.
 */
export function typed(command: string, ...args: string[]): string {
  if (!IS_CHECKOUT) return ["npx stateful", command, ...args].join(" ");
  const script = command === "render" ? "npm start" : `npm run ${command}`;
  return [script, ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
}
