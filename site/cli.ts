import { parseArgs } from "node:util";
import { BUILT, buildSite } from "./build";
import { serve } from "./server";

const PORT = 4173;

const usage = `npm run site -- [OPTION]...

Builds the docs as a site of static files in dist-site/: any host of files can serve it.

  --base PATH   the path that it will be served under, e.g. /stateful/; by default /
  --serve       serves it to this machine, until it is interrupted; not with --base
`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { base: { type: "string" }, serve: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true || (values.serve === true && values.base !== undefined)) {
    process.stdout.write(usage);
    return;
  }
  buildSite(values.base === undefined ? [] : ["--base", values.base]);
  process.stdout.write(`${BUILT}\n`);
  if (values.serve === true) process.stdout.write(`${(await serve(BUILT, PORT)).url}/\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
