import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { CommandFailed } from "./errors";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the command's standard input. */
  input?: string;
}

/** Runs a command to its end and returns what it printed. Throws {@link CommandFailed}. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { cwd: options.cwd, env: options.env ?? process.env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) {
          const shown = [command, ...args].join(" ");
          reject(
            new CommandFailed(shown, error.code ?? error.signal ?? "unknown", (stderr || stdout).trim()),
          );
        } else {
          resolve(stdout);
        }
      },
    );
    // A command that ends without reading its input is no error of ours: its exit code tells.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}

/** Whether a command succeeds. For questions such as "is there such a link?". */
export async function succeeds(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CommandFailed) return false;
      throw error;
    },
  );
}

/** Whether a program is on the PATH. */
export function onPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(`${folder}/${program}`));
}
