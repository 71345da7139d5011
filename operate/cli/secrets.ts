import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { forGitOps } from "../../render/gitops";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { applyStack } from "../deploy/apply";
import { renderStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { confirm } from "./ask";
import { STACK, YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { configuredTarget } from "./target";

export const USAGE = `usage: ${typed("secrets", "[options]")}

Makes in a stack's cluster what no repository may hold, and what \`${typed("render", "--gitops")}\` therefore leaves out: Secrets, and
the lists of addresses that agents fill. Passwords that a Secret has already stay; they are kept in secrets.NAME.json, too.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --yes         do not ask
  --help        show this`;

/** The command `secrets`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => secrets(args), isShownAsItIs);
}

async function secrets(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { ...STACK, ...YES },
  });
  const file = readStackFile(values.stack, PROJECT, placeholders);
  const target = await configuredTarget(configOf(file), file.stack);
  const question = `Make the Secrets of the stack ${file.stack} on ${target.description}?`;
  if (!values.yes && !(await confirm(question, "--yes"))) return 1;
  const stack = await renderStack(values.stack, { mayNeedCloud: true });
  const { cluster } = forGitOps(stack);
  const spaces = new Set(cluster.map(({ metadata }) => metadata.namespace));
  const namespaces = stack.objects.filter(
    ({ kind, metadata }) => kind === "Namespace" && spaces.has(metadata.name),
  );
  await applyStack(target.kubectl, { ...stack, objects: [...namespaces, ...cluster] });
  for (const { kind, metadata } of cluster) console.log(`${kind.toLowerCase()}/${metadata.name}`);
  return 0;
}
