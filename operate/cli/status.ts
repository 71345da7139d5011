import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { StackConfig } from "../../stacks/types";
import { configOf, PROJECT } from "../deploy/stack-config";
import { observe } from "../status/observe";
import { describeStatus, statusOf } from "../status/status";
import { isShownAsItIs } from "./shown-errors";
import { choosing, targetToLookAt } from "./target";

export const USAGE = `usage: ${typed("status", "[options]")}

Shows how the databases of a stack are: each pod with its node, role, state, lag and volume, and below that what is
wrong and what to do. Nothing is changed. Ends with 0 if all is well, with 1 if something is wrong.

  --stack NAME     stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local          look at the local cluster, which \`${typed("up", "--local")}\` brings up
  --output FORMAT  table or json (default: table)
  --help           show this`;

/** The command `status`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => status(args), isShownAsItIs);
}

async function status(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", default: "dev" },
      local: { type: "boolean", default: false },
      output: { type: "string", default: "table" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (!["table", "json"].includes(values.output)) {
    throw new UsageError(`--output ${values.output}: it must be table or json.`);
  }
  const file = readStackFile(values.stack, PROJECT, placeholders);
  const config = configOf(file);
  const target = await targetToLookAt(config, file.stack, values.local);
  const found = statusOf(
    await observe(
      target.kubectl,
      { stack: file.stack, chosenBy: choosing(target, values.stack) },
      target.isLocal ? withoutBackups(config) : config,
    ),
  );
  const table = () => `${target.description}, ${describeStatus(found)}`;
  console.log(values.output === "json" ? JSON.stringify(found, null, 2) : table());
  return found.healthy ? 0 : 1;
}

/** What is deployed to the local cluster has none. */
function withoutBackups(config: StackConfig): StackConfig {
  const databases = config.databases.map((database) => ({
    ...database,
    args: { ...database.args, backup: undefined },
  }));
  return { ...config, databases };
}
