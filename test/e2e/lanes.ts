import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { checkout } from "../../cluster/layout";

/** How many files run at once, of those that may: what these wait for is mostly a clock, not a processor. */
export const LANES = 2;

/**
 * Suites that neither disturb others nor measure what others disturb, the longest first. All others run alone: they cut power
 * and network, fill the cluster, or promise seconds, as stories do that end with a fault.
 */
const SIDE_BY_SIDE = [
  /^[^/]+\/backup\.test\.ts$/,
  /^[^/]+\/story\.test\.ts$/,
  /^gitops\//,
  /^users\//,
  /^rights\//,
  /^monitoring\//,
  /^contract\//,
];

/** The files of all suites, by how they run. */
export interface TestFiles {
  sideBySide: string[];
  alone: string[];
}

export function testFiles(): TestFiles {
  const folder = join("test", "e2e");
  const all = readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
  const sideBySide = SIDE_BY_SIDE.flatMap((pattern) => all.filter((file) => pattern.test(nameOf(file))));
  return { sideBySide, alone: all.filter((file) => !sideBySide.includes(file)) };
}

/** A file without the folders that all have. */
export function nameOf(file: string): string {
  return file.split(sep).slice(2).join("/");
}
