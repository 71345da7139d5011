import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import type { StackFile } from "../../render/stack-file";
import { findEngine } from "./installed-pulumi";
import type { Kubectl } from "../kube/kubectl";
import { withPinnedContext } from "./pinned-context";
import { PROJECT } from "./stack-config";

/** Whether the pulumi CLI and the plugins of a stack are on this machine. */
export function hasEngine(): boolean {
  return !("missing" in findEngine());
}

/**
 * Runs the pulumi CLI on a stack of this project and on the cluster that was chosen, before the user's own eyes.
 *
 * @returns its exit status
 */
export async function runEngine(
  command: "up" | "destroy",
  { stack, path }: Pick<StackFile, "stack" | "path">,
  kubectl: Kubectl,
  yes: boolean,
): Promise<number> {
  const where = ["--stack", stack, "--config-file", path, "--cwd", PROJECT];
  return await withPinnedContext(kubectl, (environment) =>
    runPulumi([command, ...where, ...(yes ? ["--yes"] : [])], environment),
  );
}

/** Runs the pulumi CLI before the user's own eyes. @returns its exit status */
export async function runPulumi(args: string[], environment: Record<string, string> = {}): Promise<number> {
  const engine = findEngine();
  const own = "missing" in engine ? [] : [engine.directory];
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
