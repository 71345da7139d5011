import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir, totalmem } from "node:os";
import { join, relative } from "node:path";
import { measureLoad } from "./load";
import { measureRender, type Run } from "./measure";
import { check, describe, millisecondsPerDatabase, type Result, summarize } from "./report";
import { ENGINE, REPLICAS, stackFile } from "./stack";

/** How many databases, and how often. An odd number of runs has a median that was measured. */
const SERIES = [
  { databases: 1, runs: 7 },
  { databases: 10, runs: 5 },
  { databases: 100, runs: 5 },
  { databases: 1000, runs: 3 },
];

const RESULTS = join(__dirname, "results", "render.json");

const USAGE = `usage: npm run bench
       npm run bench -- --load [--engine ENGINE] [--rounds N]

Renders stacks of 1 to 1,000 databases, each several times in a fresh process, and records what that takes in
bench/results/render.json, over what stands there. It takes about eight minutes of a quiet machine, and no options.

  --load  measure the databases on the test bed instead; --load --help tells more
  --help  show this`;

/** Measures how long rendering takes and how much memory, prints the figures and records them. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--load")) return measureLoad(args.filter((arg) => arg !== "--load"));
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  if (args.length > 0) {
    console.error(`Unknown: ${args.join(" ")}\n${USAGE}`);
    return 2;
  }
  const machine = {
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    loadAtStart: loadavg()[0],
  };
  const results = await measureAll();
  const checks = check(results);
  console.log(describe(results, checks));

  const record = {
    machine,
    setup:
      "wall time and peak resident memory of `render` in a fresh process, its output written; " +
      `bare-metal stacks of ${ENGINE} databases with ${REPLICAS} replica(s) each, class manual, five nodes`,
    results,
    ratios: {
      millisecondsPerDatabaseAt100: millisecondsPerDatabase(results, 100),
      millisecondsPerDatabaseAt1000: millisecondsPerDatabase(results, 1000),
    },
    checks,
  };
  mkdirSync(join(RESULTS, ".."), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`\nRecorded in ${relative(process.cwd(), RESULTS)}`);
  return checks.every(({ met }) => met) ? 0 : 1;
}

async function measureAll(): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const results: Result[] = [];
    for (const { databases, runs } of SERIES) {
      const file = join(directory, `Pulumi.${databases}.yaml`);
      writeFileSync(file, stackFile(databases));
      const measured: Run[] = [];
      for (let run = 0; run < runs; run++) {
        const out = join(directory, `${databases}-${run}`);
        measured.push(await measureRender(file, out));
        rmSync(out, { recursive: true });
      }
      results.push(summarize(databases, REPLICAS, measured));
    }
    return results;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

void main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
