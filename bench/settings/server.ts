import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server of one's own, for as long as something asks it. */
export interface Asked {
  /** Runs its program once, and returns what it prints. */
  print(...args: string[]): string;
  /** Whether a run of its program ended well. */
  accepts(...args: string[]): boolean;
}

/** Calls a server's program. Its complaints are not ours. */
export function asked(program: string): Asked {
  const print = (...args: string[]) =>
    execFileSync(program, args, {
      encoding: "utf8",
      maxBuffer: 64 * 1024 ** 2,
      stdio: ["ignore", "pipe", "ignore"],
    });
  return {
    print,
    accepts: (...args) => {
      try {
        print(...args);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Gives an empty directory to an action, and removes it afterwards. */
export async function inDirectory<T>(action: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "settings-"));
  // The server may be another user's.
  chmodSync(directory, 0o777);
  try {
    return await action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs a server while an action talks to it, and stops it afterwards. */
export async function whileRunning<T>(
  program: string,
  args: string[],
  connect: () => Promise<T>,
): Promise<{ connection: T; stop: () => Promise<void> }> {
  const server = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) =>
    server.once("exit", () => {
      resolve();
    }),
  );
  for (let attempt = 0; ; attempt++) {
    try {
      const connection = await connect();
      return {
        connection,
        stop: async () => {
          server.kill("SIGTERM");
          await ended;
        },
      };
    } catch (error) {
      if (attempt === 60 || server.exitCode !== null) {
        server.kill("SIGKILL");
        throw error;
      }
      await sleep(500);
    }
  }
}
