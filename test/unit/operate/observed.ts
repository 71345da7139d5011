import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Observed } from "../../../operate/status/observe";
import { type EngineName, engineOf } from "../../../stacks/engines";

/** What was seen on a real cluster, shortened to what is looked at. */
export function observed(name: string): Observed {
  const path = join(__dirname, "observed", `${name}.json`);
  const { databases, ...seen } = JSON.parse(readFileSync(path, "utf8")) as Observed;
  const topology = (engine: string) => engineOf(engine as EngineName).topology({});
  return { ...seen, databases: databases.map((one) => ({ ...one, topology: topology(one.engine) })) };
}
