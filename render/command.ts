import { didYouMean } from "../components/common/did-you-mean";
import { InvalidArgsError } from "../components/common/problems";
import { UsageError } from "./usage-error";

/**
 * Runs a command of the command line, and tells of what went wrong.
 *
 * @param usage its first line is shown after a mistake on the command line
 * @param isExpected tells errors that are shown as they are, without a stack trace
 * @returns the exit status: that of the command, 1 if it failed or the configuration has mistakes, 2 for a mistake
 *   on the command line
 */
export async function runCommand(
  usage: string,
  command: () => Promise<number>,
  isExpected: (error: Error) => boolean = () => false,
): Promise<number> {
  const restoreStackTraces = withoutStackTraces();
  try {
    return await command();
  } catch (error) {
    if (isParseArgsError(error) || error instanceof UsageError) {
      const [firstLine = ""] = usage.split("\n");
      console.error(`${misspelled((error as Error).message, usage)}\n${firstLine}   (--help explains them)`);
      return 2;
    }
    if (error instanceof InvalidArgsError || (error instanceof Error && isExpected(error))) {
      console.error(error.message);
    } else {
      console.error(error instanceof Error ? (error.stack ?? error.message) : error);
      console.error("For a stack trace, set STATEFUL_DEBUG=1.");
    }
    return 1;
  } finally {
    restoreStackTraces();
  }
}

/** A third of the time of a large program goes into stack traces, one for each resource, that nobody reads. */
function withoutStackTraces(): () => void {
  const before = Object.getOwnPropertyDescriptors(Error);
  if (!process.env["STATEFUL_DEBUG"]) {
    Error.stackTraceLimit = 0;
    Error.prepareStackTrace = String;
  }
  return () => {
    const { stackTraceLimit, prepareStackTrace } = before;
    Object.defineProperties(Error, { stackTraceLimit });
    Error.prepareStackTrace = prepareStackTrace.value as typeof Error.prepareStackTrace;
  };
}

function isParseArgsError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("ERR_PARSE_ARGS");
}

/** What Node says of an option that it does not know, with what may have been meant in place of its own advice. */
function misspelled(message: string, usage: string): string {
  const option = /^Unknown option '(--[^']+)'/.exec(message)?.[1];
  if (option === undefined) return message;
  const known = [...usage.matchAll(/^ +(--[\w-]+)/gm)].map(([, name = ""]) => name);
  return [`Unknown option '${option}'`, didYouMean(option, known)].filter(Boolean).join(": ");
}
