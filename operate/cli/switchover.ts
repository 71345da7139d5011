import { parseArgs } from "node:util";
import { exclusiveRole } from "../../components/protocol/topology";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { topologyOf } from "../../stacks/engines";
import { RefusedError } from "../deploy/refused-error";
import { confirm } from "./ask";
import { chooseDatabase, DATABASE_OPTIONS, podsOf, requireAllReady, servingPod } from "./chosen-database";
import { untilHealthyAgain } from "./healthy-again";
import { YES } from "./options";
import { isShownAsItIs } from "./shown-errors";

export const USAGE = `usage: ${typed("switchover", "[DATABASE]", "[options]")}

Lets another member become the primary: before a node is worked on, for instance. The present one hands over, and is restarted. Who
comes after it, the members decide. DATABASE may be left out where the stack has one. It is refused while a member is not ready.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on the local cluster
  --yes         do not ask
  --help        show this`;

/** The command `switchover`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => switchover(args), isShownAsItIs);
}

async function switchover(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...DATABASE_OPTIONS, ...YES },
  });
  const chosen = await chooseDatabase(positionals, values);
  const { name, config, database, target } = chosen;
  if (exclusiveRole(topologyOf(database)) === undefined) {
    throw new RefusedError(`${name} has no primary: its members are equals.`);
  }
  if (database.args.replicas < 2)
    throw new RefusedError(`${name} has one member: there is nobody to hand over to.`);
  await requireAllReady(target.kubectl, chosen);
  const before = servingPod(await podsOf(target.kubectl, chosen), chosen);
  const question = `Let another member than ${before} become the primary of ${name} on ${target.description}?`;
  if (!values.yes && !(await confirm(question, "--yes"))) return 1;
  await target.kubectl.run(["delete", "pod", before, "-n", config.namespace]);
  const status = await untilHealthyAgain(chosen);
  const after = servingPod(await podsOf(target.kubectl, chosen), chosen);
  console.log(`${name}: the primary was ${before}, and is ${after}`);
  return after === before ? 1 : status;
}
