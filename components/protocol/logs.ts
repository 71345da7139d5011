/** What agents are told of what they log, and by which name they find it. */

/** File below the directory of credentials, need not be there. */
export const LOGS_FILE = "logs.json";

/** The content of that file. */
export interface WantedLogs {
  /** From which time on a statement is logged as slow, ms; `false` where none is. */
  slowQueriesMilliseconds: number | false;
}

/** What an engine has for slow statements, where nobody says anything, and at least. */
export interface SlowQueryTimes {
  /** ms */
  default: number;
  /** What its agent can tell apart, ms. */
  least: number;
}
