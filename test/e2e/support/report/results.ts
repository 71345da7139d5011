import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Spread, spread } from "../../../../bench/spread";
import type { Asked, Finding } from "../engines/engine";
import { findings, type Verdict } from "../validate/verdict";

/** One run of one fault, as it was measured. */
export interface Run extends Verdict {
  engine: string;
  fault: string;
  /** The guarantee that was switched off, if any. */
  without?: string;
  /** What the database had beside what all measured ones have, if anything. */
  extras?: string;
  /** What it was measured on. */
  setup: string;
  /** Of the checkout that measured. */
  commit: string;
  at: string;
  /** Load average of the minute before the run ended, on the machine that ran the command; the first runs lack it. */
  load?: number;
}

/** All runs of one fault. */
export interface Result {
  engine: string;
  fault: string;
  without?: string;
  extras?: string;
  runs: number;
  writeGapSeconds: Spread;
  /** Runs in which some side was acknowledged no write again while it was watched. */
  notResumed: number;
  acknowledged: number;
  lost: number;
  /** Absent where all that is acknowledged is promised to stay. */
  givenUp?: number;
  /** Absent where members are equals. */
  twoPrimaries?: number;
  /** Absent where they are not. */
  failedWrites?: number;
  recoveredSeconds: Spread;
  /** Runs in which a member was not well again while it was watched. */
  notRecovered: number;
  /** What else was not as it must be, over all runs. */
  violations?: string[];
  setup: string;
  commit: string;
}

/** What makes runs comparable: everything but their time and their commit. */
export type Series = Pick<Run, "engine" | "fault" | "without" | "extras" | "setup">;

/** Whether it is of the matrix itself: of a database as deployed, with all guarantees and nothing beside it. */
export function isAsDeployed({ without, extras }: Pick<Series, "without" | "extras">): boolean {
  return without === undefined && extras === undefined;
}

/** Every run, in a file that is written after each, so that an interruption costs one at most. */
export class RunFile {
  readonly runs: Run[];

  constructor(private readonly path: string) {
    this.runs = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Run[]) : [];
  }

  /** How many runs of a series are there already. */
  count(series: Series): number {
    return this.runs.filter((run) => sameFault(run, series) && run.setup === series.setup).length;
  }

  /** Forgets the runs of a fault that were measured before, or on something else. */
  forget(series: Series, keepSameSetup: boolean): void {
    const kept = this.runs.filter(
      (run) => !sameFault(run, series) || (keepSameSetup && run.setup === series.setup),
    );
    this.runs.splice(0, this.runs.length, ...kept);
  }

  add(run: Run): void {
    this.runs.push(run);
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, `${JSON.stringify(this.runs, null, 2)}\n`);
  }
}

function sameFault(a: Series, b: Series): boolean {
  return keyOf(a) === keyOf(b);
}

/** What is beside a database may be called otherwise by now. */
function keyOf({ engine, fault, without, extras }: Series): string {
  return JSON.stringify([engine, fault, without, extras !== undefined]);
}

/** Sums up runs, one result for each fault of each engine. */
export function summarize(runs: Run[]): Result[] {
  const series = new Map<string, Run[]>();
  for (const run of runs) {
    const key = keyOf(run);
    series.set(key, [...(series.get(key) ?? []), run]);
  }
  return [...series.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [summary(first, same)];
  });
}

function summary({ engine, fault, without, extras, setup }: Run, runs: Run[]): Result {
  const sum = (figure: (run: Run) => number): number => runs.reduce((total, run) => total + figure(run), 0);
  const violations = [...new Set(runs.flatMap((run) => run.violations ?? []))];
  return {
    engine,
    fault,
    ...(without === undefined ? {} : { without }),
    ...(extras === undefined ? {} : { extras }),
    runs: runs.length,
    writeGapSeconds: spread(runs.map(({ writeGapSeconds }) => writeGapSeconds)),
    notResumed: runs.filter(({ resumed }) => !resumed).length,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    lost: sum(({ lost }) => lost),
    ...(runs.some(({ givenUp }) => givenUp !== undefined)
      ? { givenUp: sum(({ givenUp = 0 }) => givenUp) }
      : {}),
    ...(runs.some(({ twoPrimaries }) => twoPrimaries !== undefined)
      ? { twoPrimaries: sum(({ twoPrimaries = 0 }) => twoPrimaries) }
      : {}),
    ...(runs.some(({ failedWrites }) => failedWrites !== undefined)
      ? { failedWrites: sum(({ failedWrites = 0 }) => failedWrites) }
      : {}),
    recoveredSeconds: spread(runs.map(({ recoveredSeconds }) => recoveredSeconds)),
    notRecovered: runs.filter(({ recovered }) => !recovered).length,
    ...(violations.length === 0 ? {} : { violations }),
    setup,
    commit: [...new Set(runs.map(({ commit }) => commit))].join(", "),
  };
}

/** What the worst of all runs falls short of. */
export function shortcomings(result: Result, asked: Asked): Finding[] {
  return findings(worst(result), asked);
}

/** All runs as one verdict, each figure at its worst. */
function worst(result: Result): Verdict {
  return {
    writeGapSeconds: result.writeGapSeconds.max,
    resumed: result.notResumed === 0,
    acknowledged: result.acknowledged,
    lost: result.lost,
    ...(result.twoPrimaries === undefined ? {} : { twoPrimaries: result.twoPrimaries }),
    ...(result.failedWrites === undefined ? {} : { failedWrites: result.failedWrites }),
    recoveredSeconds: result.recoveredSeconds.max,
    recovered: result.notRecovered === 0,
    ...(result.violations === undefined ? {} : { violations: result.violations }),
  };
}
