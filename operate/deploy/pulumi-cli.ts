import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { findPulumi } from "./installed-pulumi";
import { RefusedError } from "./refused-error";

/** What of the pulumi CLI and the plugins of a stack is not on this machine. */
export function missingOfPulumi(): string[] {
  const found = findPulumi();
  return "missing" in found ? found.missing : [];
}

/** Runs the pulumi CLI before the user's own eyes. @returns its exit status */
export async function runPulumi(args: string[], environment: Record<string, string> = {}): Promise<number> {
  const pulumi = findPulumi();
  const own = "missing" in pulumi ? [] : [pulumi.directory];
  // npm puts its own `pulumi` first, which downloads a CLI.
  const PATH = [...own, process.env["PATH"]].join(delimiter);
  return await new Promise((resolve, reject) => {
    const child = spawn("pulumi", args, { stdio: "inherit", env: { ...process.env, PATH, ...environment } });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}

/** @throws RefusedError that leads to what the CLI itself said */
export function requireSuccess(command: string, status: number): void {
  if (status !== 0) throw new RefusedError(`pulumi ${command} did not succeed: see above.`);
}
