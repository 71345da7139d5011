import { spawn } from "node:child_process";
import { join } from "node:path";

const PROJECT = join(__dirname, "..");

/**
 * Measures databases on the test bed: a command of its own, since what it deploys and asks is the tests'.
 *
 * @param args - its own, without `--load`
 * @returns its exit status
 */
export async function measureLoad(args: string[]): Promise<number> {
  const command = [
    "--require",
    join(PROJECT, "test", "register.js"),
    join(PROJECT, "test", "e2e", "load.ts"),
  ];
  const child = spawn(process.execPath, [...command, ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("exit", (status) => {
      resolve(status ?? 2);
    });
  });
}
