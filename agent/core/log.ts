/** Levels of a log line. */
export type Level = "info" | "warning" | "error";

/** Writes structured lines; `fields` never hold a password. */
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

/** Logs JSON lines to standard output, as log collectors expect. */
export const jsonLog: Log = (level, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
};

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error says that there is nobody yet to connect to. */
export function isNotThere(error: unknown): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes((error as { code?: string }).code ?? "");
}
