import { createInterface } from "node:readline/promises";
import { UsageError } from "../../render/usage-error";

/** Asks a question whose answer is yes or no; no is the default. @throws UsageError if nobody is there to answer */
export async function confirm(question: string, option: string): Promise<boolean> {
  return /^y(es)?$/i.test(await answer(`${question} [y/N] `, option));
}

/** Asks for a text. @param option what answers it where there is no terminal */
export async function answer(question: string, option: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UsageError(`${question}\nThere is no terminal to answer on: say ${option}.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
