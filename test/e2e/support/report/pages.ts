import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { PROJECT } from "../../../../operate/deploy/stack-config";
import { engines } from "../engines/registry";
import { failureMatrix } from "./matrix";
import type { Result } from "./results";

export const RUNS_FILE = join(PROJECT, "bench", "results", "failure-runs.json");
export const RESULTS_FILE = join(PROJECT, "bench", "results", "failures.json");
export const MATRIX_FILE = join(PROJECT, "docs", "failure-matrix.md");

/** Records results, and writes the matrix that they make. */
export async function publish(results: Result[]): Promise<void> {
  mkdirSync(dirname(RESULTS_FILE), { recursive: true });
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(MATRIX_FILE, await matrixPage(results));
}

export function recordedResults(): Result[] {
  return existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, "utf8")) as Result[]) : [];
}

/** The matrix's page, formatted as all pages are. */
export async function matrixPage(results: Result[]): Promise<string> {
  const style = await resolveConfig(MATRIX_FILE);
  return format(failureMatrix(Object.values(engines), results), { ...style, parser: "markdown" });
}
