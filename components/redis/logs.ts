import type { LogFormatArgs } from "../node-agents/args";

/**
 * What the server writes: `<process>:<role> <time> <level> <message>`, the level by a sign. What is not so is the picture at its start,
 * and the report of a crash.
 */
export const REDIS_LOGS: LogFormatArgs = {
  container: "redis",
  firstLine: "\\d+:[XCSM] |supervise\\.sh: ",
  fields: "^(?<process>\\d+):(?<component>[XCSM]) \\d\\d \\w{3} \\d{4} [\\d:.]+ (?<level>[.*#-]) ",
};
