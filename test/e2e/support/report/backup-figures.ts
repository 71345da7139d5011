import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { checkout, stateDir } from "../../../../cluster/layout";

/** What a backup of a mebibyte, and many of them, takes. Seconds and mebibytes. */
export interface BackupFigures {
  /** Of the data as its full copy has it. */
  copyMebibytes: number;
  copySeconds: number;
  /** What a drill says that it took, and what the restore into a new database said afterwards. */
  drill: Phases;
  restore: Phases;
  /** From the order to restore to a database that serves. */
  servesSeconds: number;
  /** The most that the primary's agent had in memory while it stored the log. */
  agentMebibytes: number;
}

/** Of a restore: fetching copy and log, replaying, and starting the server on all of it. */
export interface Phases {
  download: number;
  replay: number;
  ready: number;
}

/** One measurement, with its time, and the load average of the machine at its end. */
export type BackupRun = BackupFigures & { at: string; load: number };

/** The last runs of each engine. */
export type Recorded = Record<string, BackupRun[]>;

/** As many runs are kept of an engine. */
const KEPT = 5;

const COMMITTED = join(checkout, "bench", "results", "backup.json");

/** What is committed. */
export function recordedBackups(): Recorded {
  return read(COMMITTED);
}

function read(file: string): Recorded {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Recorded) : {};
}

/** All of a restore. s */
export function totalOf({ download, replay, ready }: Phases): number {
  return Math.round((download + replay + ready) * 10) / 10;
}

/** Records an engine's figures, beside those of the others: with `--record` in the committed results. */
export function recordBackupFigures(engine: string, figures: BackupFigures): void {
  const file = process.env["E2E_RECORD"] === "true" ? COMMITTED : join(stateDir, "backup.json");
  const before = read(file);
  const own = { ...figures, at: new Date().toISOString(), load: Math.round((loadavg()[0] ?? 0) * 10) / 10 };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ ...before, [engine]: [...(before[engine] ?? []), own].slice(-KEPT) }, null, 2)}\n`,
  );
}
