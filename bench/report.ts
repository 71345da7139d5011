import type { Run } from "./measure";
import { rounded, type Spread, spread } from "./spread";

/** What was measured for one number of databases. */
export interface Result {
  databases: number;
  replicas: number;
  runs: number;
  seconds: Spread;
  cpuSeconds: Spread;
  peakMiB: Spread;
}

/** A figure that was promised, and whether it was met. */
export interface Check {
  name: string;
  measured: number;
  atMost: number;
  met: boolean;
}

/** Sums up the runs for one number of databases. */
export function summarize(databases: number, replicas: number, runs: Run[]): Result {
  return {
    databases,
    replicas,
    runs: runs.length,
    seconds: spread(runs.map((run) => run.seconds)),
    cpuSeconds: spread(runs.map((run) => run.cpuSeconds)),
    peakMiB: spread(runs.map((run) => run.peakMiB)),
  };
}

/**
 * Cost of one more database, in milliseconds: without what a run of a single one takes, most of which is
 * starting Node and loading Pulumi, and would make a hundred look dear beside a thousand.
 */
export function millisecondsPerDatabase(results: Result[], databases: number): number {
  const one = find(results, 1).seconds.median;
  return rounded(((find(results, databases).seconds.median - one) / (databases - 1)) * 1000);
}

/** Holds the figures against what is promised. */
export function check(results: Result[]): Check[] {
  const growth = rounded(millisecondsPerDatabase(results, 1000) / millisecondsPerDatabase(results, 100));
  const hundred = find(results, 100);
  return [
    atMost("cost per database at 1,000, as a multiple of that at 100", growth, 1.2),
    atMost(`100 databases, replicas each: ${hundred.replicas}; seconds`, hundred.seconds.median, 6),
    atMost("1 database; seconds", find(results, 1).seconds.median, 1.5),
  ];
}

/** The figures as a person reads them. */
export function describe(results: Result[], checks: Check[]): string {
  const rows = results.map(({ databases, runs, seconds, cpuSeconds, peakMiB }) => [
    String(databases),
    String(runs),
    ...[seconds.min, seconds.median, seconds.max, cpuSeconds.median].map((figure) => figure.toFixed(2)),
    String(Math.round(peakMiB.max)),
  ]);
  const table = [["DATABASES", "RUNS", "MIN s", "MEDIAN s", "MAX s", "CPU s", "PEAK MiB"], ...rows];
  return [
    ...table.map((row) => row.map((cell) => cell.padStart(9)).join("  ")),
    "",
    ...checks.map(
      ({ name, measured, atMost: limit, met }) =>
        `${met ? "met   " : "MISSED"}  ${name}: ${measured} (at most ${limit})`,
    ),
  ].join("\n");
}

function atMost(name: string, measured: number, limit: number): Check {
  return { name, measured, atMost: limit, met: measured <= limit };
}

function find(results: Result[], databases: number): Result {
  const found = results.find((result) => result.databases === databases);
  if (!found) throw new Error(`${databases} databases were not measured`);
  return found;
}
