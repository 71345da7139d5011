import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { requireRestorable } from "../backup/restorable";
import type { Deployer } from "../deploy/deployer";
import { renderStack, type RenderedStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import type { Way } from "../deploy/way";
import { bringUpLocalCluster, TO_USE_LOCAL_KUBECTL } from "../local/local-cluster";
import { localDeployer, renderLocally } from "../local/local-deployer";
import { backupsBegin } from "../status/backup-begins";
import { observe } from "../status/observe";
import { type WaitOptions, waitUntilHealthy } from "../status/readiness";
import { describeStatus, statusOf } from "../status/status";
import { confirm } from "./ask";
import { chooseDeployer, type DeployerOptions, readWay } from "./chosen-way";
import { describeConnections } from "./connect";
import { BY, LOCAL, STACK, YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { choosing, configuredTarget, localTarget, type Target } from "./target";

export const USAGE = `usage: ${typed("up", "[options]")}

Shows what would change and asks; then deploys the stack, waits until all of it is ready, and shows its status and how to
connect. A stack that runs is deployed by what deployed it last; a new one by \`pulumi up\` where the pulumi CLI and its plugins
are on this machine, else by kubectl: passwords are then kept in secrets.NAME.json.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --by WAY      pulumi or kubectl; refused where a stack that runs was deployed by the other one
  --local       on a Kubernetes of three nodes on this machine, which is brought up if need be (Linux, root)
  --yes         do not ask
  --help        show this`;

/** The command `up`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => up(args), isShownAsItIs);
}

async function up(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...STACK, ...BY, ...LOCAL, ...YES } });
  const by = readWay(values.by);
  return values.local
    ? await upLocally(values.stack, by)
    : await upConfigured({ nameOrPath: values.stack, by, yes: values.yes });
}

async function upConfigured(options: DeployerOptions): Promise<number> {
  const { nameOrPath, yes } = options;
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const config = configOf(file);
  const target = await configuredTarget(config, file.stack);
  const deployer = await chooseDeployer(target, file, options);
  await requireRestorable(target.kubectl, config);
  const stack = await renderStack(nameOrPath, deployer.rendering);
  if (!yes) {
    const changes = await deployer.preview(stack);
    if (changes !== undefined) console.error(changes);
    if (!(await confirm(`Deploy the stack ${file.stack} to ${target.description}?`, "--yes"))) return 1;
  }
  return await deploy(target, nameOrPath, stack, deployer);
}

/**
 * Deploys a stack to the cluster that it names, waits until all is ready, and shows its status.
 *
 * @param ends says when there is nothing more to wait for, and why. @default after ten minutes
 * @returns the exit status
 */
export async function deployTo(
  target: Target,
  nameOrPath: string,
  deployer: Deployer,
  ends?: WaitOptions["ends"],
): Promise<number> {
  return await deploy(target, nameOrPath, await renderStack(nameOrPath, deployer.rendering), deployer, ends);
}

async function upLocally(nameOrPath: string, by: Way | undefined): Promise<number> {
  console.error("The local cluster:");
  await bringUpLocalCluster();
  const deployer = await localDeployer(nameOrPath, by);
  const stack = await renderLocally(nameOrPath, deployer.rendering, (line) => {
    console.error(line);
  });
  const status = await deploy(localTarget(), nameOrPath, stack, deployer);
  console.log(`\nTo use kubectl on the local cluster:\n  ${TO_USE_LOCAL_KUBECTL}`);
  return status;
}

async function deploy(
  target: Target,
  nameOrPath: string,
  stack: RenderedStack,
  deployer: Deployer,
  ends?: WaitOptions["ends"],
): Promise<number> {
  const { kubectl, description } = target;
  console.error(`Deploying the stack ${stack.name} to ${description}:`);
  const begun = performance.now();
  await deployer.deploy(stack);
  console.error(`  applied; waiting until all is ready`);
  let late: Error | undefined;
  try {
    await waitUntilHealthy(kubectl, stack, {
      ...(ends ? { ends } : {}),
      onProgress: (pod, state) => {
        console.error(`  ${seconds(begun).padStart(5)}  ${pod}: ${state}`);
      },
    });
    await backupsBegin(kubectl, stack.config);
  } catch (error) {
    late = error as Error;
  }
  const chosenBy = choosing(target, nameOrPath);
  const status = statusOf(await observe(kubectl, { stack: stack.name, chosenBy }, stack.config));
  console.log(`\n${describeStatus(status)}`);
  if (late) {
    console.error(`\n${late.message}`);
    return 1;
  }
  console.log(`\n${describeConnections(stack)}`);
  return status.healthy ? 0 : 1;
}

function seconds(begun: number): string {
  return `${Math.round((performance.now() - begun) / 1000)} s`;
}
