import { setTimeout as sleep } from "node:timers/promises";
import type { Spread } from "../../../bench/spread";
import { say } from "../../../cluster/progress";
import { CLIENTS, type Endpoint, type LoadedEngine, type Sample } from "./engine";
import { cellsOf, type Run } from "./results";

/** How much longer than it should a run may take before it is ended. */
const PATIENCE = 6;

/** How long it may take to fill an endpoint. */
const FILL_SECONDS = 300;

/** How often a run that comes to nothing is made, and the time between two of them. */
const TRIES = 5;
const WAIT_MS = 10_000;

/** Runs a line of shell beside the servers. @returns what it printed */
export type Shell = (line: string) => Promise<string>;

/**
 * Loads all endpoints in turn, each round beginning with another one. A round before the first one warms up, counts for nothing, and
 * tells tools that count how much they have to do.
 */
export async function runRounds(
  engine: LoadedEngine,
  endpoints: readonly Endpoint[],
  rounds: number,
  shell: Shell,
): Promise<{ runs: Run[]; repeated: number }> {
  const runs: Run[] = [];
  let repeated = 0;
  const before = new Map<string, Sample>();
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(engine.cases)) {
      for (const clients of CLIENTS) {
        for (const endpoint of turned(endpoints, round)) {
          const key = `${name} ${clients} ${endpoint.variant}`;
          const seconds = round === 0 ? 1 : engine.seconds;
          const expected = before.get(key)?.perSecond;
          const line = engine.run(name, endpoint, { clients, seconds, ...(expected ? { expected } : {}) });
          const sample = await again(
            async () => engine.read(await shell(bounded(line, seconds * PATIENCE))),
            (why) => {
              repeated++;
              say(`  once more: ${key}: ${why}`);
            },
          );
          before.set(key, sample);
          if (round > 0) runs.push({ case: name, clients, variant: endpoint.variant, ...sample });
        }
      }
    }
    say(round === 0 ? "  warmed up" : `  round ${round} of ${rounds}`);
  }
  return { runs, repeated };
}

/** The same in the same order, beginning with another one each time. */
export function turned<Item>(items: readonly Item[], by: number): Item[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/** Fills an endpoint with data. */
export async function fill(engine: LoadedEngine, endpoint: Endpoint, shell: Shell): Promise<void> {
  await shell(bounded(engine.fill(endpoint), FILL_SECONDS));
}

/** A line that is ended when it takes too long, and tells the end of what it said if it fails. */
function bounded(line: string, seconds: number): string {
  const quoted = line.replaceAll("'", `'\\''`);
  return (
    `said=$(timeout ${seconds + 10} sh -c '${quoted}') || { status=$?; printf '%s' "$said" | tail -n 5 >&2; exit $status; }; ` +
    `printf '%s\n' "$said"`
  );
}

/**
 * Tries a run again that came to nothing: a tool ends when its connections do, and on a busy machine the role may move from one
 * member to another meanwhile.
 *
 * @throws Error when it comes to nothing time after time
 */
export async function again<Result>(
  run: () => Promise<Result>,
  onFailure: (why: string) => void,
  waitMs = WAIT_MS,
): Promise<Result> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await run();
    } catch (error) {
      if (left === 0) throw error;
      onFailure(error instanceof Error ? error.message : String(error));
      await sleep(waitMs);
    }
  }
}

/** What was measured, for a terminal. */
export function tableOf(runs: readonly Run[]): string {
  const figures = ({ min, median, max }: Spread): string =>
    [min, median, max].map((one) => one.toFixed(one < 100 ? 1 : 0)).join(" / ");
  return cellsOf(runs)
    .map(
      (cell) =>
        `${cell.case.padEnd(22)} ${String(cell.clients).padStart(3)} ${cell.variant.padEnd(6)} ` +
        `${figures(cell.perSecond)} a second, 95 % within ${cell.p95Ms.median} ms`,
    )
    .join("\n");
}
