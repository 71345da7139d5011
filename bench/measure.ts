import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";

/** What one run of the command took. */
export interface Run {
  /** From the start of the process to its end, in seconds. */
  seconds: number;
  /** Time on a processor, of all threads, in seconds. */
  cpuSeconds: number;
  /** Most memory that was resident, in MiB. */
  peakMiB: number;
}

const PROJECT = join(__dirname, "..");

/** Renders a stack file in a fresh process, as `npm run render` does. */
export async function measureRender(stackFile: string, out: string): Promise<Run> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      "--require",
      join(__dirname, "report-usage.js"),
      join(PROJECT, "bin", "stateful.js"),
      "render",
      "--stack",
      stackFile,
      "--out",
      out,
    ],
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const usage = text(child.stdio[3] as Readable);
  const errors = text(child.stderr as Readable);
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`render ended with status ${String(status)}:\n${await errors}`);
  const { maxRSS, cpu } = JSON.parse(await usage) as { maxRSS: number; cpu: number };
  return { seconds, cpuSeconds: cpu / 1e6, peakMiB: maxRSS / 1024 };
}
