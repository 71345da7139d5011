import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { PROJECT } from "../../../../../operate/deploy/stack-config";

const FILE = join(PROJECT, "bench", "results", "alerts.json");

/** An alert that fired, and when. */
export interface Raised {
  alert: string;
  /** From the fault's beginning. */
  seconds: number;
}

/** What somebody is told of one run of a fault: the last that was watched. */
export interface RaisedByFault {
  engine: string;
  fault: string;
  raised: Raised[];
  /** For how long it was watched, from the fault's beginning. */
  watchedSeconds: number;
  commit: string;
  at: string;
}

/** All that are recorded, by engine and fault. */
export function recordedAlerts(): RaisedByFault[] {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as RaisedByFault[]) : [];
}

/** Keeps what a run raised, in place of what one before of the same fault did. */
export async function recordAlerts(run: RaisedByFault): Promise<void> {
  const others = recordedAlerts().filter(({ engine, fault }) => engine !== run.engine || fault !== run.fault);
  const key = ({ engine, fault }: RaisedByFault): string => `${engine} ${fault}`;
  const all = [...others, run].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const style = await resolveConfig(FILE);
  writeFileSync(FILE, await format(JSON.stringify(all), { ...style, parser: "json" }));
}
