import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A figure that a suite measured. */
export interface Timing {
  what: string;
  seconds: number;
  /** What the design promises, where it does. */
  atMostSeconds?: number;
}

/** What a run of mocha leaves beside its report. */
export interface Results {
  passing: number;
  pending: number;
  failures: { title: string; error: string }[];
  suites: { title: string; seconds: number }[];
  timings: Timing[];
}

/** Suites below this are not worth a line. */
const LONG_SUITE_SECONDS = 20;

const timings: Timing[] = [];

/** Notes a figure for the summary. It is no check: that is the test's to make. */
export function noteTiming(what: string, seconds: number, atMostSeconds?: number): void {
  timings.push({ what, seconds: Math.round(seconds * 10) / 10, atMostSeconds });
}

/** Writes what was noted in this process, and what its suites took, to a file. */
export function writeResults(file: string, rest: Omit<Results, "timings">): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...rest, timings } satisfies Results)}\n`);
}

/** What a run left; undefined where it came to no end. */
export function readResults(file: string): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined;
}

/** What several runs took and measured and, as mocha says it of one, how they went, in lines. */
export function summaryOf(results: Results[]): string[] {
  const long = results
    .flatMap(({ suites }) => suites)
    .filter(({ seconds }) => seconds >= LONG_SUITE_SECONDS)
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ title, seconds }) => `${title}: ${Math.round(seconds)} s`);
  const measured = results
    .flatMap((one) => one.timings)
    .map(({ what, seconds, atMostSeconds }) => {
      const limit = atMostSeconds === undefined ? "" : ` (at most ${atMostSeconds} s)`;
      return `${what}: ${seconds.toFixed(1)} s${limit}`;
    });
  return [...titled("Time by suite:", long), ...titled("Measured:", measured), ...countsOf(results)];
}

function titled(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""];
}

function countsOf(results: Results[]): string[] {
  const sum = (count: (one: Results) => number) => results.reduce((total, one) => total + count(one), 0);
  const failures = results.flatMap((one) => one.failures);
  return [
    `  ${sum(({ passing }) => passing)} passing`,
    `  ${sum(({ pending }) => pending)} pending`,
    ...(failures.length === 0 ? [] : [`  ${failures.length} failing`]),
    ...failures.flatMap(({ title, error }, index) => ["", `  ${index + 1}) ${title}:`, indented(error)]),
    "",
  ];
}

function indented(text: string): string {
  return text.replace(/^/gm, "     ");
}
