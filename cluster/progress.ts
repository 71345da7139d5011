/** Tells what is being done, and how long each step took, on standard error: standard output is for results. */

/** How often a step says that it goes on, where there is no terminal to show it on, ms. */
const STILL_EVERY = 30_000;

/** Runs one step under a title. */
export async function step<T>(title: string, work: () => Promise<T>, every = STILL_EVERY): Promise<T> {
  const begun = Date.now();
  const live = process.stderr.isTTY;
  if (live) process.stderr.write(`  … ${title}`);
  const goesOn = (): void => {
    say(`  … ${title} (${seconds(begun)} so far)`);
  };
  const still = live ? undefined : setInterval(goesOn, every);
  const ended = (mark: string): void => {
    clearInterval(still);
    say(`${live ? "\r\u001b[K" : ""}  ${mark} ${title} (${seconds(begun)})`);
  };
  try {
    const result = await work();
    ended("✓");
    return result;
  } catch (error) {
    ended("✗");
    throw error;
  }
}

/** A line of its own, e.g. to announce a long wait. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
