import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import { configOf, PROJECT } from "../deploy/stack-config";
import { describeStatus, type StackStatus } from "../status/status";
import { LOCAL, STACK } from "./options";
import { lookAt } from "./look";
import { isShownAsItIs } from "./shown-errors";
import { targetToLookAt } from "./target";
import { watch } from "./watch";

export const USAGE = `usage: ${typed("status", "[options]")}

Shows how the databases of a stack are: each pod with its node, role, state, lag and volume, and below that what is
wrong and what to do. Nothing is changed. Ends with 0 if all is well, with 1 if something is wrong.

  --stack NAME     stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local          look at the local cluster, which \`${typed("up", "--local")}\` brings up
  --output FORMAT  table or json (default: table)
  --watch          look again every 5 seconds, until it is interrupted; in JSON, a line for each change
  --help           show this`;

/** The command `status`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => status(args), isShownAsItIs);
}

async function status(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...STACK,
      ...LOCAL,
      output: { type: "string", default: "table" },
      watch: { type: "boolean", default: false },
    },
  });
  if (!["table", "json"].includes(values.output)) {
    throw new UsageError(`--output ${values.output}: it must be table or json.`);
  }
  const file = readStackFile(values.stack, PROJECT, placeholders);
  const config = configOf(file);
  const target = await targetToLookAt(config, file.stack, values.local);
  const look = async (): Promise<StackStatus> =>
    await lookAt(target, { stack: file.stack, nameOrPath: values.stack, config });
  const table = (found: StackStatus) => `${target.description}, ${describeStatus(found)}`;
  if (values.watch) {
    const show = values.output === "json" ? (found: StackStatus) => JSON.stringify(found) : table;
    return (await watchIt(look, show, values.output === "table")) ? 0 : 1;
  }
  const found = await look();
  console.log(values.output === "json" ? JSON.stringify(found, null, 2) : table(found));
  return found.healthy ? 0 : 1;
}

/** How often `--watch` looks. A look asks the API server about ten times. */
const WATCH_EVERY_MS = 5000;

async function watchIt(
  look: () => Promise<StackStatus>,
  show: (found: StackStatus) => string,
  mayRedraw: boolean,
): Promise<boolean> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    return await watch(
      async () => {
        const found = await look();
        return { text: show(found), healthy: found.healthy };
      },
      {
        screen: {
          isTerminal: mayRedraw && process.stdout.isTTY,
          write: (text) => process.stdout.write(text),
        },
        everyMs: WATCH_EVERY_MS,
        stopped: interrupted.signal,
      },
    );
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
