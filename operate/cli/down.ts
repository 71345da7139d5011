import { parseArgs } from "node:util";
import { DataPolicy } from "../../components/common/retention";
import { runCommand } from "../../render/command";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { StackConfig } from "../../stacks/types";
import { answer, confirm } from "./ask";
import { hasEngine, runEngine } from "../deploy/pulumi-cli";
import { hasLocalCluster } from "../local/local-cluster";
import { isOfLocalEngine, runLocalEngine } from "../local/local-pulumi";
import { requireOwned } from "../deploy/ownership";
import { removeStack } from "../deploy/remove";
import { renderStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { choosing, configuredTarget, isFromCluster, localTarget, RefusedError } from "./target";
import { renderLocally } from "./up";

const USAGE = `usage: npm run down -- [options]

Removes what a stack runs, and keeps its data: volumes, claims, Secrets, the namespace. \`npm run up\` finds it again.

  --stack NAME       stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local            from the local cluster, which stays up (\`npm run cluster -- down\` takes it away)
  --yes              do not ask whether to remove it
  --delete-data      delete the data too; asks for the stack's name, whatever --yes says
  --yes-delete-data  for scripts: answers that question as well
  --help             show this`;

/** The command `down`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => down(args), isFromCluster);
}

interface Wishes {
  yes: boolean;
  deleteData: boolean;
  yesDeleteData: boolean;
}

async function down(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", default: "dev" },
      local: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      "delete-data": { type: "boolean", default: false },
      "yes-delete-data": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const wishes = {
    yes: values.yes,
    deleteData: values["delete-data"] || values["yes-delete-data"],
    yesDeleteData: values["yes-delete-data"],
  };
  return values.local ? await downLocally(values.stack, wishes) : await downConfigured(values.stack, wishes);
}

async function downLocally(nameOrPath: string, wishes: Wishes): Promise<number> {
  if (!hasLocalCluster()) throw new RefusedError("There is no local cluster, and so nothing to remove.");
  const target = localTarget();
  const stack = await renderLocally(nameOrPath, true, () => undefined);
  const byEngine = isOfLocalEngine(stack.file);
  if (byEngine) refuseHiddenDeletion(stack.config, wishes);
  if (!(await isMeant(stack.name, target.description, wishes))) return 1;
  if (byEngine) {
    await requireOwned(target.kubectl, stack);
    const status = await runLocalEngine("destroy", stack.file);
    if (status !== 0) return status;
  }
  // After Pulumi there is nothing left of it but the data, which goes only if it is meant to.
  const left = await removeStack(target.kubectl, stack, wishes);
  tellWhatStays(stack.name, choosing(target, nameOrPath), wishes, left);
  return 0;
}

async function downConfigured(nameOrPath: string, wishes: Wishes): Promise<number> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const config = configOf(file);
  const target = await configuredTarget(config, file.stack);
  refuseProtected(config, file.file);
  const byEngine = hasEngine();
  if (byEngine && wishes.deleteData) refuseDataByEngine(config);
  if (byEngine) refuseHiddenDeletion(config, wishes);
  if (!(await isMeant(file.stack, target.description, wishes))) return 1;
  if (byEngine) return await runEngine("destroy", file, target.kubectl, wishes.yes);
  const stack = await renderStack(nameOrPath, { namesOnly: true });
  const left = await removeStack(target.kubectl, stack, wishes);
  tellWhatStays(file.stack, choosing(target, nameOrPath), wishes, left);
  return 0;
}

/** As Pulumi refuses it: what is protected must be set free in the stack file first. */
export function refuseProtected({ databases }: StackConfig, file: string): void {
  const kept = databases.filter(({ args }) => args.deletionProtection !== false).map(({ name }) => name);
  if (kept.length === 0) return;
  const keys = kept.map((name) => `stateful:databases.${name}.deletionProtection`).join(", ");
  throw new RefusedError(
    `Nothing was removed: ${kept.join(", ")} ${kept.length === 1 ? "is" : "are"} protected from it. ` +
      `To remove the stack all the same, set ${keys} to false in ${file}, and deploy that first where Pulumi does it.`,
  );
}

/** Pulumi deletes what the stack file says that it may, and nothing else does. */
function refuseDataByEngine({ databases }: StackConfig): void {
  const kept = databases.filter(({ args }) => args.dataPolicy !== DataPolicy.Delete).map(({ name }) => name);
  if (kept.length === 0) return;
  throw new RefusedError(
    `Pulumi keeps the data of ${kept.join(", ")}. To have it deleted, set dataPolicy: delete there, deploy that, and ` +
      "run down again.",
  );
}

/** What Pulumi deletes with a stack because its file says so must be asked for here as well. */
export function refuseHiddenDeletion(
  { databases }: Pick<StackConfig, "databases">,
  { deleteData }: Pick<Wishes, "deleteData">,
): void {
  if (deleteData) return;
  const going = databases.filter(({ args }) => args.dataPolicy === DataPolicy.Delete).map(({ name }) => name);
  if (going.length === 0) return;
  throw new RefusedError(
    `Nothing was removed: with the stack, Pulumi deletes the data of ${going.join(", ")} (dataPolicy: delete). Say ` +
      "--delete-data as well if that is meant; else set dataPolicy: retain and deploy that first.",
  );
}

async function isMeant(stack: string, where: string, wishes: Wishes): Promise<boolean> {
  if (!wishes.yes && !(await confirm(`Remove the stack ${stack} from ${where}?`, "--yes"))) return false;
  if (!wishes.deleteData || wishes.yesDeleteData) return true;
  const question = `ALL DATA of the stack ${stack} on ${where} will be deleted, for good. Type its name to go on: `;
  if ((await answer(question, "--yes-delete-data")) === stack) return true;
  throw new UsageError("That was not its name. Nothing was removed.");
}

function tellWhatStays(stack: string, options: string, { deleteData }: Wishes, left: string[]): void {
  if (!deleteData) {
    console.log(
      `The stack ${stack} was removed. Its data and passwords stay; npm run up -- ${options} finds them again.`,
    );
    return;
  }
  console.log(`The stack ${stack} was removed, and its data deleted${left.length > 0 ? ", but for" : "."}`);
  for (const what of left) console.log(`  ${what}`);
  if (left.length > 0) {
    console.log(
      "Kubernetes does not delete these: remove them there. A directory that stays is used again by the next up.",
    );
  }
}
