import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { UsageError } from "../../render/usage-error";
import type { StatefulSet } from "../kube/objects";
import { RefusedError } from "../deploy/refused-error";
import { chooseDatabase, DATABASE_OPTIONS, selectorOf } from "./chosen-database";
import { isShownAsItIs } from "./shown-errors";

export const USAGE = `usage: ${typed("logs", "[DATABASE]", "[options]")}

Shows what the servers of a database say, each line with its pod. DATABASE may be left out where the stack has one.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on the local cluster
  --agent       what the agents say instead
  --member N    of the member with this ordinal alone
  --previous    what a container said before it was restarted; needs --member
  --tail N      lines of each, from the end (default: 50)
  --follow      go on until it is interrupted
  --help        show this`;

/** The command `logs`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => logs(args), isShownAsItIs);
}

async function logs(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...DATABASE_OPTIONS,
      agent: { type: "boolean", default: false },
      member: { type: "string" },
      previous: { type: "boolean", default: false },
      tail: { type: "string", default: "50" },
      follow: { type: "boolean", default: false },
    },
  });
  if (!/^\d+$/.test(values.tail))
    throw new UsageError(`--tail ${values.tail}: it must be a number of lines.`);
  if (values.previous && values.member === undefined) {
    throw new UsageError("--previous asks for one container: say whose, with --member N.");
  }
  const chosen = await chooseDatabase(positionals, values);
  const { name, config, target } = chosen;
  const set = await target.kubectl.get<StatefulSet>("statefulset", name, config.namespace);
  if (set === undefined)
    throw new RefusedError(`${name} is not deployed in the namespace ${config.namespace}.`);
  const server = set.spec.template.spec.containers[0]?.name ?? "";
  const which = values.member === undefined ? ["-l", selectorOf(name)] : [podCalled(name, values.member)];
  return await target.kubectl.show([
    ...["logs", ...which, "-n", config.namespace, "-c", values.agent ? "agent" : server, "--prefix"],
    ...[`--tail=${values.tail}`, "--max-log-requests=9"],
    ...(values.previous ? ["--previous"] : []),
    ...(values.follow ? ["--follow"] : []),
  ]);
}

/** @throws UsageError for what is no ordinal */
export function podCalled(database: string, ordinal: string): string {
  if (/^\d+$/.test(ordinal)) return `${database}-${Number(ordinal)}`;
  throw new UsageError(
    `--member ${ordinal}: it must be the number behind the pod's name: 0 for ${database}-0.`,
  );
}
