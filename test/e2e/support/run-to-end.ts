import { UsageError } from "../../../render/usage-error";
import { say } from "../../../cluster/progress";

/** Ends a command of the tests by what it comes to: its exit status, or 2 with what went wrong. */
export function runToEnd(command: Promise<number>): void {
  command.then(
    (status) => {
      process.exitCode = status;
    },
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say(error instanceof UsageError ? error.message : text);
      process.exitCode = 2;
    },
  );
}
