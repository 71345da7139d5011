import type { LogFormatArgs } from "../node-agents/args";

/** What the server writes, a line of JSON each: https://www.mongodb.com/docs/manual/reference/log-messages/. It stays one. */
export const MONGODB_LOGS: LogFormatArgs = {
  container: "mongodb",
  fields:
    '^\\{.*?"s":"(?<level>[A-Z]\\d?)", *"c":"(?<component>[^"]+)", *"id":(?<code>\\d+), *(?:"svc":"[^"]*", *)?"ctx":"(?<thread>[^"]*)"',
};
