import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { chooseDatabase, DATABASE_OPTIONS, requireAllReady } from "./chosen-database";
import { confirm } from "./ask";
import { podCalled } from "./logs";
import { untilHealthyAgain } from "./healthy-again";

export const USAGE = `usage: ${typed("restart", "[DATABASE]", "[options]")}

Restarts the members of a database, one after the other, the primary last: it hands over first. DATABASE may be left out where the
stack has one. It is refused while a member is not ready.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on the local cluster
  --member N    the member with this ordinal alone
  --yes         do not ask
  --help        show this`;

/** The command `restart`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => restart(args), isShownAsItIs);
}

async function restart(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...DATABASE_OPTIONS,
      member: { type: "string" },
      ...YES,
    },
  });
  const chosen = await chooseDatabase(positionals, values);
  const { name, config, target } = chosen;
  const pod = values.member === undefined ? undefined : podCalled(name, values.member);
  await requireAllReady(target.kubectl, chosen);
  const what = pod ?? `all members of ${name}, one after the other,`;
  if (!values.yes && !(await confirm(`Restart ${what} on ${target.description}?`, "--yes"))) return 1;
  const inNamespace = ["-n", config.namespace];
  if (pod === undefined)
    await target.kubectl.run(["rollout", "restart", `statefulset/${name}`, ...inNamespace]);
  else await target.kubectl.run(["delete", "pod", pod, ...inNamespace]);
  return await untilHealthyAgain(chosen);
}
