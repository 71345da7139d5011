import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout, stateDir } from "../../../../cluster/layout";

/** A figure that a suite measured. */
interface Timing {
  what: string;
  seconds: number;
  /** What the design promises, where it does. */
  atMostSeconds?: number;
}

const timings: Timing[] = [];

/** Notes a figure for the summary. It is no check: that is the test's to make. */
export function noteTiming(what: string, seconds: number, atMostSeconds?: number): void {
  timings.push({ what, seconds: Math.round(seconds * 10) / 10, atMostSeconds });
}

/** Where the figures of a run go: with `--record` to the committed results. */
export function timingsFile(): string {
  return process.env["E2E_RECORD"] === "true"
    ? join(checkout, "bench", "results", "story.json")
    : join(stateDir, "story.json");
}

/** Writes the figures to their file. @returns the lines of the summary, nothing if nothing was measured */
export function writeTimings(): string[] {
  if (timings.length === 0) return [];
  const file = timingsFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ timings }, null, 2)}\n`);
  return timings.map(({ what, seconds, atMostSeconds }) => {
    const limit = atMostSeconds === undefined ? "" : ` (at most ${atMostSeconds} s)`;
    return `${what}: ${seconds.toFixed(1)} s${limit}`;
  });
}
