import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { rounded, type Spread, spread } from "../../../bench/spread";
import { PROJECT } from "../../../operate/deploy/stack-config";
import { type LoadedEngine, type Sample, type Target, type Variant, VARIANTS } from "./engine";

export const RESULTS_FILE = join(PROJECT, "bench", "results", "load.json");

/** What all runs of one case with so many clients came to, on one variant. */
export interface Cell {
  case: string;
  clients: number;
  variant: Variant;
  perSecond: Spread;
  p95Ms: Spread;
  /** Transactions a second of each round, in their order. */
  rounds: number[];
}

/** What the rounds' own ratios came to: transactions of one variant by those of another one, in the same round. */
export interface Ratio {
  case: string;
  clients: number;
  of: Variant;
  to: Variant;
  ratio: Spread;
}

/** A share that was asked for, and whether it was reached. */
export interface Check {
  case: string;
  clients: number;
  of: Variant;
  to: Variant;
  measured: number;
  atLeast: number;
  /** What was asked with so many clients, where that is not the same with all. */
  asked?: number;
  /** What the bound follows from, where that is what the engine itself costs. */
  bound?: Variant;
  met: boolean;
}

/** What is recorded of one engine. */
export interface Loaded {
  setup: string;
  /** What the group was joined by. */
  group: string;
  /** What transactions are, by case. */
  cases: Record<string, string>;
  roundsEach: number;
  secondsEach: number;
  /** Runs that came to nothing, and were made again: a server cut its clients off, or a tool ended for another reason. */
  repeated: number;
  cells: Cell[];
  ratios: Ratio[];
  checks: Check[];
}

/** All that is recorded. */
export interface Results {
  machine: { cores: number; memoryGiB: number };
  engines: Record<string, Loaded>;
}

/** One run of a tool. */
export interface Run extends Sample {
  case: string;
  clients: number;
  variant: Variant;
}

/** Sums runs up, by case, clients and variant in the order in which they were first seen. */
export function cellsOf(runs: readonly Run[]): Cell[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = `${run.case}\n${run.clients}\n${run.variant}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((of) => ({
    case: of[0]!.case,
    clients: of[0]!.clients,
    variant: of[0]!.variant,
    perSecond: spread(of.map(({ perSecond }) => perSecond)),
    p95Ms: spread(of.map(({ p95Ms }) => p95Ms)),
    rounds: of.map(({ perSecond }) => rounded(perSecond)),
  }));
}

/** Ratio of two variants round by round, so that what else the machine did meanwhile is in both. */
export function ratioOf(
  cells: readonly Cell[],
  name: string,
  clients: number,
  of: Variant,
  to: Variant,
): Ratio | undefined {
  const find = (variant: Variant): Cell | undefined =>
    cells.find((cell) => cell.case === name && cell.clients === clients && cell.variant === variant);
  const [above, below] = [find(of), find(to)];
  if (above === undefined || below === undefined) return undefined;
  const each = above.rounds.map((figure, round) => figure / (below.rounds[round] ?? NaN));
  return { case: name, clients, of, to, ratio: spread(each) };
}

/** The ratios that are recorded: each variant to the bare server that has our settings, and three members to one and to the group. */
export function ratiosOf(cells: readonly Cell[]): Ratio[] {
  const pairs = [
    ...VARIANTS.filter((variant) => variant !== "same").map((variant) => [variant, "same"] as const),
    ["three", "one"],
    ["three", "group"],
  ] as const;
  return placesOf(cells).flatMap(({ case: name, clients }) =>
    pairs.flatMap(([of, to]) => ratioOf(cells, name, clients, of, to) ?? []),
  );
}

/** Each case with each number of clients, in the order of the cells. */
export function placesOf(cells: readonly Cell[]): { case: string; clients: number }[] {
  return cells.flatMap(({ case: name, clients }, index) =>
    cells.findIndex((other) => other.case === name && other.clients === clients) === index
      ? [{ case: name, clients }]
      : [],
  );
}

/** Holds the figures against what is asked. */
export function check(cells: readonly Cell[], targets: readonly Target[]): Check[] {
  return targets.flatMap((target) =>
    placesOf(cells).flatMap(({ case: name, clients }) => checkOne(cells, name, clients, target) ?? []),
  );
}

function checkOne(
  cells: readonly Cell[],
  name: string,
  clients: number,
  { of, to, atLeast, bound }: Target,
): Check | undefined {
  const measured = ratioOf(cells, name, clients, of, to)?.ratio.median;
  if (measured === undefined) return undefined;
  const asked = typeof atLeast === "number" ? atLeast : atLeast[clients];
  if (asked === undefined) return undefined;
  const itself = bound && ratioOf(cells, name, clients, bound.variant, to);
  const cost = bound && itself ? rounded(itself.ratio.median * bound.share) : Infinity;
  const limit = Math.min(asked, cost);
  return {
    ...{ case: name, clients, of, to, measured, atLeast: limit },
    ...(typeof atLeast === "number" ? {} : { asked }),
    ...(bound !== undefined && cost < asked ? { bound: bound.variant } : {}),
    met: measured >= limit,
  };
}

/** Makes of runs what is recorded. */
export function summarize(
  { group, cases, seconds, targets }: LoadedEngine,
  setup: string,
  rounds: number,
  { runs, repeated }: { runs: readonly Run[]; repeated: number },
): Loaded {
  const cells = cellsOf(runs);
  return {
    ...{ setup, group, cases: { ...cases }, roundsEach: rounds, secondsEach: seconds, repeated },
    ...{ cells, ratios: ratiosOf(cells), checks: check(cells, targets) },
  };
}

/** What was recorded before. */
export function recorded(): Results | undefined {
  return existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, "utf8")) as Results) : undefined;
}

/** Records an engine, over what stands there of it. */
export async function record(machine: Results["machine"], name: string, loaded: Loaded): Promise<void> {
  const engines = { ...recorded()?.engines, [name]: loaded };
  mkdirSync(dirname(RESULTS_FILE), { recursive: true });
  const style = await resolveConfig(RESULTS_FILE);
  writeFileSync(
    RESULTS_FILE,
    await format(JSON.stringify({ machine, engines }, null, 2), { ...style, parser: "json" }),
  );
}
