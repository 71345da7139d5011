import type { LogFormatArgs } from "../node-agents/args";

/**
 * What Patroni and the server write, the latter with the prefix that it has by default: https://www.postgresql.org/docs/17/runtime-config-logging.html.
 * With another `log_line_prefix` an entry has no fields.
 */
export const POSTGRESQL_LOGS: LogFormatArgs = {
  container: "postgresql",
  firstLine: "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:|supervise\\.sh: ",
  fields: "^\\S+ \\S+ (?:\\S+ \\[(?<process>\\d+)\\] )?(?:[^: ]+ )?(?<level>[A-Z]+[1-5]?): ",
};
