import { LOGS_FILE, type WantedLogs } from "../components/protocol/logs";
import type { Credentials } from "./core/credentials";
import { jsonLog } from "./core/log";
import { SlowQueries, type Statements } from "./core/slow-queries";
import type { Report } from "./core/types";

/** Has slow statements logged for as long as the agent runs, where its engine can tell which are. */
export function watchStatements(
  statements: Statements | undefined,
  credentials: Credentials,
  report: () => Report | undefined,
): void {
  if (statements === undefined) return;
  const slowQueries = new SlowQueries({
    statements,
    wanted: async () => {
      const said = await credentials.find(LOGS_FILE);
      return said === undefined ? undefined : (JSON.parse(said) as WantedLogs);
    },
    isUp: () => report()?.status.role !== "none" && report()?.status.process === "running",
    log: jsonLog,
  });
  void slowQueries.run(async (duration) => new Promise((resolve) => setTimeout(resolve, duration)));
}
