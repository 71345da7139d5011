import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../../../cluster/layout";
import { kubectl } from "../support/cluster/cluster";
import type { InstalledPulumi } from "../../../operate/deploy/installed-pulumi";

/** With `npm run e2e -- --engine NAME` only that engine's suites ran, and their record does not replace the whole one. */
const ONLY = process.env["E2E_ENGINE"] ? `-${process.env["E2E_ENGINE"]}` : "";
const RECORD = join(checkout, "bench", "results", `pulumi${ONLY}.json`);

/** How one test went. */
interface Result {
  suite: string;
  test: string;
  passed: boolean;
  seconds: number;
}

const results: Result[] = [];

/** Notes how a test went. One that was skipped is not noted: it showed nothing. */
export function note(test: Mocha.Test | undefined): void {
  if (test?.state === undefined || test.state === "pending") return;
  results.push({
    suite: test.parent?.title ?? "",
    test: test.title,
    passed: test.state === "passed",
    seconds: Math.round((test.duration ?? 0) / 100) / 10,
  });
}

/** Writes down how all tests went so far, and with which versions, if the run is to be recorded. */
export async function record(cli: string, pulumi: InstalledPulumi): Promise<void> {
  if (process.env["E2E_RECORD"] !== "true") return;
  const server = JSON.parse(await kubectl.raw("/version")) as { gitVersion: string };
  const manifest = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as { version: string };
  const recorded = {
    date: new Date().toISOString().slice(0, 10),
    versions: {
      stateful: manifest.version,
      pulumi: cli,
      ...Object.fromEntries(
        Object.entries(pulumi.providers).map(([name, version]) => [`provider ${name}`, version]),
      ),
      kubernetes: server.gitVersion,
    },
    passed: results.filter(({ passed }) => passed).length,
    failed: results.filter(({ passed }) => !passed).length,
    results,
  };
  await writeFile(RECORD, `${JSON.stringify(recorded, undefined, 2)}\n`);
}
