/** A complaint meant for the person at the keyboard: printed without a stack trace. */
export class UserError extends Error {}

/** A command that ended badly, with the last lines of what it said: usually all that is needed to act on it. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly exitCode: number | string,
    readonly output: string,
  ) {
    super(`\`${command}\` failed (${exitCode})${output ? `:\n${lastLines(output, 20)}` : ""}`);
  }
}

function lastLines(text: string, count: number): string {
  return text.split("\n").slice(-count).join("\n");
}
