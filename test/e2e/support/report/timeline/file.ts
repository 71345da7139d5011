import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { PROJECT } from "../../../../../operate/deploy/stack-config";
import type { Timeline } from "./timeline";

const FOLDER = join(PROJECT, "bench", "results", "timelines");

/** Keeps the course of a run: one for each engine and fault, the last. @returns the file */
export async function recordTimeline(timeline: Timeline): Promise<string> {
  const file = join(FOLDER, `${timeline.engine}-${timeline.fault}.json`);
  mkdirSync(FOLDER, { recursive: true });
  const style = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(timeline), { ...style, parser: "json" }));
  return file;
}

/** All that are recorded, in the order of their files' names. */
export function recordedTimelines(): Timeline[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Timeline);
}
