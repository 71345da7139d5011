import type { LogFormatArgs } from "../node-agents/args";

/**
 * What the server writes: https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html, and its slow query log, where that is sent
 * to the output.
 */
export const MYSQL_LOGS: LogFormatArgs = {
  container: "mysql",
  firstLine: "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:|# Time: |supervise\\.sh: ",
  fields: "^\\S+ (?<thread>\\d+) \\[(?<level>\\w+)\\] \\[(?<code>MY-\\d+)\\] \\[(?<component>\\w+)\\]",
};
