import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { Deployer, Removal } from "../deploy/deployer";
import { RefusedError } from "../deploy/refused-error";
import { refuseProtected } from "../deploy/removal-checks";
import { renderStack, type RenderedStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import type { Way } from "../deploy/way";
import { hasLocalCluster } from "../local/local-cluster";
import { localDeployer, renderLocally } from "../local/local-deployer";
import { answer, confirm } from "./ask";
import { chooseDeployer, readWay } from "./chosen-way";
import { BY, LOCAL, STACK, YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { choosing, configuredTarget, localTarget, type Target } from "./target";

export const USAGE = `usage: ${typed("down", "[options]")}

Removes what a stack runs, and keeps its data: volumes, claims, Secrets, the namespace. \`${typed("up")}\` finds it again.

  --stack NAME       stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --by WAY           pulumi or kubectl (default: what deployed it last)
  --local            from the local cluster, which stays up (\`npm run cluster -- down\` takes it away)
  --yes              do not ask whether to remove it
  --delete-data      delete the data too; asks for the stack's name, whatever --yes says
  --yes-delete-data  for scripts: answers that question as well
  --help             show this`;

/** The command `down`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => down(args), isShownAsItIs);
}

interface Wishes extends Removal {
  by: Way | undefined;
  yes: boolean;
  yesDeleteData: boolean;
}

async function down(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...STACK,
      ...BY,
      ...LOCAL,
      ...YES,
      "delete-data": { type: "boolean", default: false },
      "yes-delete-data": { type: "boolean", default: false },
    },
  });
  const wishes = {
    by: readWay(values.by),
    yes: values.yes,
    deleteData: values["delete-data"] || values["yes-delete-data"],
    yesDeleteData: values["yes-delete-data"],
  };
  return values.local ? await downLocally(values.stack, wishes) : await downConfigured(values.stack, wishes);
}

async function downLocally(nameOrPath: string, wishes: Wishes): Promise<number> {
  if (!hasLocalCluster()) throw new RefusedError("There is no local cluster, and so nothing to remove.");
  const stack = await renderLocally(nameOrPath, { namesOnly: true }, () => undefined);
  return await remove(stack, nameOrPath, localTarget(), await localDeployer(nameOrPath, wishes.by), wishes);
}

async function downConfigured(nameOrPath: string, wishes: Wishes): Promise<number> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const target = await configuredTarget(configOf(file), file.stack);
  const deployer = await chooseDeployer(target, file, { nameOrPath, ...wishes });
  const stack = await renderStack(nameOrPath, { ...deployer.rendering, namesOnly: true });
  return await remove(stack, nameOrPath, target, deployer, wishes);
}

async function remove(
  stack: RenderedStack,
  nameOrPath: string,
  target: Target,
  deployer: Deployer,
  wishes: Wishes,
): Promise<number> {
  refuseProtected(stack, stack.file.file);
  deployer.requireRemovable(stack.config, wishes);
  if (!(await isMeant(stack.name, target.description, wishes))) return 1;
  const left = await deployer.remove(stack, wishes);
  tellWhatStays(stack.name, choosing(target, nameOrPath), wishes, left);
  return 0;
}

async function isMeant(stack: string, where: string, wishes: Wishes): Promise<boolean> {
  if (!wishes.yes && !(await confirm(`Remove the stack ${stack} from ${where}?`, "--yes"))) return false;
  if (!wishes.deleteData || wishes.yesDeleteData) return true;
  const question = `ALL DATA of the stack ${stack} on ${where} will be deleted, for good. Type its name to go on: `;
  if ((await answer(question, "--yes-delete-data")) === stack) return true;
  throw new UsageError("That was not its name. Nothing was removed.");
}

function tellWhatStays(
  stack: string,
  options: string,
  { deleteData }: Wishes,
  left: string[] | undefined,
): void {
  if (!deleteData) {
    console.log(
      `The stack ${stack} was removed. Its data and passwords stay; ${typed("up", options)} finds them again.`,
    );
    return;
  }
  // Where nobody looked, Pulumi has said before its user's own eyes what it deleted.
  if (left === undefined) return;
  console.log(`The stack ${stack} was removed, and its data deleted${left.length > 0 ? ", but for" : "."}`);
  for (const what of left) console.log(`  ${what}`);
  if (left.length > 0) {
    console.log(
      "Kubernetes does not delete these: remove them there. A directory that stays is used again by the next up.",
    );
  }
}
