import { spawn, spawnSync } from "node:child_process";
import { PROJECT } from "./stack-config";

/** Provider plugins that every stack needs. */
const PLUGINS = ["kubernetes", "random", "tls"];

/** Whether the pulumi CLI and the plugins of a stack are on this machine. */
export function hasEngine(): boolean {
  const { status, stdout } = spawnSync("pulumi", ["plugin", "ls", "--json"], { encoding: "utf8" });
  if (status !== 0) return false;
  const plugins = JSON.parse(stdout) as { name: string; kind: string }[];
  return PLUGINS.every((name) =>
    plugins.some((plugin) => plugin.kind === "resource" && plugin.name === name),
  );
}

/** Runs the pulumi CLI on a stack of this project, before the user's own eyes. @returns its exit status */
export async function runEngine(command: "up" | "destroy", stack: string, yes: boolean): Promise<number> {
  const options = ["--stack", stack, "--cwd", PROJECT, ...(yes ? ["--yes"] : [])];
  return await new Promise((resolve, reject) => {
    const child = spawn("pulumi", [command, ...options], { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}
