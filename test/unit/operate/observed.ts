import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Observed } from "../../../operate/status/observe";

/** What was seen on a real cluster, shortened to what is looked at. */
export function observed(name: string): Observed {
  return JSON.parse(readFileSync(join(__dirname, "observed", `${name}.json`), "utf8")) as Observed;
}
