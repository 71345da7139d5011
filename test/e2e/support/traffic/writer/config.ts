import type { Target } from "./client";

/** One name to write through. */
export interface Course extends Target {
  /** `through` of its attempts. */
  through: string;
  /** Time between the beginnings of two attempts. */
  everyMs: number;
}

/** What a writer does; a file in its pod. */
export interface WriterConfig {
  /** Begins each id, and names what the rows go to: the same for all writers of a run. */
  run: string;
  courses: Course[];
  /** It ends by itself after this time, should nobody end it. */
  atMostSeconds: number;
  database: string;
  /** All the time that an attempt has, ms. @default a second */
  attemptTimeoutMs?: number;
  /** For the programs that do more than a writer. */
  workload?: object;
}

/** Where a pod has the program and its configuration. */
export const WRITER_DIR = "/writer";
export const PROGRAM_FILE = "writer.cjs";
export const CONFIG_FILE = "config.json";
/** Environment of a pod. */
export const SIDE_VARIABLE = "WRITER_SIDE";
export const USER_VARIABLE = "WRITER_USER";
export const PASSWORD_VARIABLE = "WRITER_PASSWORD";
