import { availableParallelism, totalmem } from "node:os";
import { say } from "../../cluster/progress";
import { UsageError } from "../../render/usage-error";
import { loadedEngines, leftOutEngines } from "./load/registry";
import { readOptions, usage } from "./load/options";
import { publish } from "./load/page";
import { type Check, record, summarize } from "./load/results";
import { runRounds, tableOf } from "./load/rounds";
import { Grounds } from "./load/grounds";
import { clusterFacts } from "./support/cluster/cluster";
import { runToEnd } from "./support/run-to-end";

/** Puts load on what is deployed and on what is bare, and records what each does. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const options = readOptions(args);
  if (options === undefined) {
    await publish();
    return 0;
  }
  const facts = await clusterFacts();
  if (!facts.isTestBed || facts.nodes.length < 3)
    throw new UsageError(
      "It needs the test bed with three nodes: `npm run cluster -- up`, and KUBECONFIG as that says.",
    );
  if (options.engines.length > 1)
    for (const [name, why] of leftOutEngines) say(`${name} is left out: ${why}`);
  const checks: Check[] = [];
  for (const name of options.engines) checks.push(...(await measure(name, options.rounds)));
  await publish();
  return checks.every(({ met }) => met) ? 0 : 1;
}

async function measure(name: string, rounds: number): Promise<Check[]> {
  const loaded = loadedEngines.get(name);
  if (loaded === undefined) throw new Error(`nothing loads ${name}`);
  const grounds = await Grounds.of(loaded);
  try {
    const endpoints = await grounds.prepare();
    say(`loading ${name}: ${rounds} rounds, each of its variants in turn`);
    const outcome = await runRounds(loaded, endpoints, rounds, async (line) => grounds.tool(line));
    console.log(tableOf(outcome.runs));
    const result = summarize(loaded, grounds.setup, rounds, outcome);
    await record(
      { cores: availableParallelism(), memoryGiB: Math.round(totalmem() / 1024 ** 3) },
      name,
      result,
    );
    for (const check of result.checks) console.log(wordsOf(check));
    return result.checks;
  } finally {
    await grounds.remove();
  }
}

function wordsOf({ case: name, clients, of, to, measured, atLeast, bound, met }: Check): string {
  const why = bound === undefined ? "" : `, as by ${bound}`;
  return `${met ? "met   " : "MISSED"}  ${name}, ${clients} clients: ${of} / ${to} ${measured} (at least ${atLeast}${why})`;
}

runToEnd(main(process.argv.slice(2)));
