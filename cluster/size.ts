import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "./layout";

const file = join(stateDir, "nodes");

/** How many nodes the cluster was brought up with; undefined when there is none. */
export function clusterSize(): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

export function noteClusterSize(nodes: number): void {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(file, `${nodes}\n`);
}
