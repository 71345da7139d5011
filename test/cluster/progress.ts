/** Tells what is being done, and how long each step took, on standard error: standard output is for results. */

/** A complaint meant for the person at the keyboard: printed without a stack trace. */
export class UserError extends Error {}

/** Runs one step under a title. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  const live = process.stderr.isTTY;
  process.stderr.write(live ? `  … ${title}` : "");
  try {
    const result = await work();
    process.stderr.write(`${live ? "\r\u001b[K" : ""}  ✓ ${title} (${seconds(begun)})\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${live ? "\r\u001b[K" : ""}  ✗ ${title} (${seconds(begun)})\n`);
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
