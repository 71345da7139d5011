import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { PROJECT } from "../../../../operate/deploy/stack-config";
import { engines } from "../engines/registry";
import { recordedAlerts } from "./alerts/file";
import { recordedBackups } from "./backup-figures";
import { BACKUP_PAGE_FILE, BACKUP_PICTURE, backupPage, backupSpec } from "./backup-page";
import { failureMatrix, isMeasured } from "./matrix";
import { draw } from "./pictures/draw";
import { runsPicture, runsSpec } from "./pictures/runs";
import { timelinePicture, timelineSpec } from "./pictures/timeline";
import { type Result, RunFile } from "./results";
import { recordedTimelines } from "./timeline/file";

export const RUNS_FILE = join(PROJECT, "bench", "results", "failure-runs.json");
export const RESULTS_FILE = join(PROJECT, "bench", "results", "failures.json");
export const MATRIX_FILE = join(PROJECT, "docs", "failure-matrix.md");
export const PICTURES = join(PROJECT, "docs", "pictures");

/** Records results, and writes the matrix that they make, with its pictures. */
export async function publish(results: Result[]): Promise<void> {
  mkdirSync(dirname(RESULTS_FILE), { recursive: true });
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(MATRIX_FILE, await matrixPage(results));
  mkdirSync(PICTURES, { recursive: true });
  const backups = recordedBackups();
  writeFileSync(BACKUP_PAGE_FILE, await backupPage(backups));
  writeFileSync(join(PICTURES, BACKUP_PICTURE), await draw(backupSpec(backups)));
  for (const [file, picture] of await matrixPictures(results)) writeFileSync(join(PICTURES, file), picture);
}

export function recordedResults(): Result[] {
  return existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, "utf8")) as Result[]) : [];
}

/** The matrix's page, formatted as all pages are. */
export async function matrixPage(results: Result[]): Promise<string> {
  const style = await resolveConfig(MATRIX_FILE);
  const page = failureMatrix(Object.values(engines), results, recordedTimelines(), recordedAlerts());
  return format(page, { ...style, parser: "markdown" });
}

/** The pictures that the page shows, by their files' names. */
export async function matrixPictures(results: Result[]): Promise<Map<string, string>> {
  const { runs } = new RunFile(RUNS_FILE);
  const measured = Object.values(engines).filter((engine) => isMeasured(engine, results));
  const specs = [
    ...measured.map((engine) => [runsPicture(engine), runsSpec(engine, runs)] as const),
    ...recordedTimelines().map((timeline) => [timelinePicture(timeline), timelineSpec(timeline)] as const),
  ];
  const pictures = new Map<string, string>();
  for (const [file, spec] of specs) pictures.set(file, await draw(spec));
  return pictures;
}
