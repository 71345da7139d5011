import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { checkout } from "../../cluster/layout";
import { kubeconfig, kubectl, noNodePower } from "./support/cluster/cluster";

const usage = `Usage: npm run e2e [-- options]

Runs the suites under test/e2e/ against the cluster of KUBECONFIG, by default the test bed of this checkout.

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
  const env = {
    ...process.env,
    E2E_ENGINE: typeof values.engine === "string" ? values.engine : "",
    E2E_LONG: String(values.long),
    E2E_RECORD: String(values.record),
  };
  const mocha = require.resolve("mocha/bin/mocha.js");
  return new Promise((resolve, reject) => {
    const args = [mocha, "--config", "test/e2e/.mocharc.json", ...forwarded];
    const child = spawn(process.execPath, args, { cwd: checkout, env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (status) => {
      resolve(status ?? 1);
    });
  });
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
