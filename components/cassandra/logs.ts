import type { LogFormatArgs } from "../node-agents/args";

/** What the server writes by the pattern that its agent gives it; stacks of the Java machine follow without one. */
export const CASSANDRA_LOGS: LogFormatArgs = {
  container: "cassandra",
  firstLine: "(?:ERROR|WARN|INFO|DEBUG|TRACE) +\\d{4}-|supervise\\.sh: ",
  fields: "^(?<level>[A-Z]+) +\\S+ \\S+ (?<component>\\S+) - ",
};
