import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { checkout, stateDir } from "../../cluster/layout";
import { testFiles } from "./lanes";
import { MochaRuns, wishes } from "./mocha-runs";
import { type Results, summaryOf } from "./support/report/summary";
import { kubeconfig, kubectl, noNodePower } from "./support/cluster/cluster";

const usage = `Usage: npm run e2e [-- options]

Runs the suites under test/e2e/ against the cluster of KUBECONFIG, by default the test bed of this checkout. Those that do not
disturb others run two at a time first, unless something is asked for by itself.

  --engine NAME   only the suites of this engine
  --grep TEXT     only the tests whose full name matches
  --long          also the suites that take many minutes
  --record        write what was measured to bench/results/story.json
  --help          show this

Everything else is mocha's: \`npm run e2e -- --bail\`.
`;

async function main(): Promise<number> {
  const { values, tokens } = parseArgs({
    args: process.argv.slice(2),
    options: {
      engine: { type: "string" },
      long: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    strict: false,
    tokens: true,
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  await requireCluster();
  const own = new Set(["engine", "long", "record"]);
  const forwarded = tokens.flatMap((token) => {
    if (token.kind === "positional") return [token.value];
    if (token.kind !== "option" || own.has(token.name)) return [];
    return [token.inlineValue ? `${token.rawName}=${token.value}` : token.rawName];
  });
  const record = values.record === true;
  const wanted = wishes({
    ...(typeof values.engine === "string" ? { engine: values.engine } : {}),
    long: values.long === true,
    record,
  });
  const { sideBySide, alone } = testFiles();
  const results = mkdtempSync(join(tmpdir(), "e2e-results-"));
  try {
    // What is asked for by itself is watched, and what takes many minutes strikes nodes.
    const isWhole = forwarded.length === 0 && values.long !== true;
    const runs = new MochaRuns(forwarded, { ...process.env, ...wanted }, results);
    const failed = isWhole
      ? [...(await runs.sideBySide(sideBySide)), await runs.alone(alone)]
      : [await runs.alone([...alone, ...sideBySide])];
    report(runs.results(), record);
    return failed.includes(true) ? 1 : 0;
  } finally {
    rmSync(results, { recursive: true });
  }
}

/** Prints the summary, and keeps the figures. */
function report(results: Results[], record: boolean): void {
  console.log(summaryOf(results).join("\n"));
  const timings = results.flatMap((one) => one.timings);
  if (timings.length === 0) return;
  const file = record ? join(checkout, "bench", "results", "story.json") : join(stateDir, "story.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ timings }, null, 2)}\n`);
}

/** Says which cluster it is before anything happens to it. */
async function requireCluster(): Promise<void> {
  const server = await kubectl.run([
    "config",
    "view",
    "--minify",
    "-o",
    "jsonpath={.clusters[0].cluster.server}",
  ]);
  await kubectl.run(["get", "--raw=/readyz", "--request-timeout=10s"]);
  console.log(`cluster ${server} (${kubeconfig})`);
  const why = noNodePower();
  if (why !== undefined) console.log(`skipped: faults of nodes and of the API server: ${why}`);
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    console.error(
      `${said}\n\nNo cluster answers. \`npm run cluster -- up\` brings one up; or set KUBECONFIG.`,
    );
    process.exitCode = 1;
  },
);
