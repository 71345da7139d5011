import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkout } from "../../../cluster/layout";
import { userEnvironment } from "./status";

/** Runs a statement by `connect --client`, as a stack's user would. @throws Error with what was said, where it fails */
export async function byClient(stackFile: string, database: string, statement: string): Promise<string> {
  const args = ["connect", database, "--client", "--stack", stackFile];
  const child = spawn(process.execPath, [join(checkout, "bin", "stateful.js"), ...args], {
    env: userEnvironment(),
  });
  child.stdin.end(`${statement}\n`);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, said, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(said || out);
  return out;
}
