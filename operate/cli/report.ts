import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed, version } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import { configOf, PROJECT } from "../deploy/stack-config";
import { writeArchive } from "../report/archive";
import { collect } from "../report/collect";
import { withoutLiterals } from "../report/redact";
import { describeStatus } from "../status/status";
import { LOCAL, STACK } from "./options";
import { lookAt } from "./look";
import { isShownAsItIs } from "./shown-errors";
import { targetToLookAt } from "./target";

export const USAGE = `usage: ${typed("report", "[options]")}

Writes one archive for somebody who helps: status, objects, events, the agents' reports, logs and versions. The values
of Secrets are in none of it. Logs can hold statements, and so data: look into it before you send it. Nothing in the
cluster is changed.

  --stack NAME    stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local         of the local cluster
  --applications  the logs of the applications, too
  --out FILE      where to (default: stateful-report-NAME-TIME.tar.gz in this directory)
  --help          show this`;

/** The command `report`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => report(args), isShownAsItIs);
}

async function report(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...STACK,
      ...LOCAL,
      applications: { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const stackFile = readStackFile(values.stack, PROJECT, placeholders);
  const config = configOf(stackFile);
  const now = new Date();
  const folder = `stateful-report-${stackFile.stack}-${now.toISOString().replace(/[-:]|\.\d+/g, "")}`;
  const path = values.out ?? `${folder}.tar.gz`;
  if (existsSync(path)) throw new UsageError(`--out ${path}: there is such a file. Name another one.`);

  const target = await targetToLookAt(config, stackFile.stack, values.local);
  const { files, missing, redact } = await collect(target.kubectl, config, values);
  const status = await lookAt(target, { stack: stackFile.stack, nameOrPath: values.stack, config });
  files.set("status.txt", redact(`${now.toISOString()}\n\n${describeStatus(status)}\n`));
  files.set("status.json", redact(JSON.stringify(status, null, 2)));
  files.set(stackFile.file, redact(withoutLiterals(readFileSync(stackFile.path, "utf8"))));
  const programs = { stateful: version(), node: process.version, platform: process.platform };
  files.set("versions/programs.json", JSON.stringify(programs, null, 2));
  files.set("missing.txt", missing.map((line) => `${line}\n`).join(""));

  await writeArchive(path, folder, files);
  if (missing.length > 0) console.log(`Not in it:\n${missing.map((line) => `  ${line}`).join("\n")}\n`);
  console.log(
    `${path}: ${files.size} files of the stack ${stackFile.stack}. No value of a Secret is in it; look into the logs before you send it.`,
  );
  return 0;
}
