import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import type { Deployer } from "../deploy/deployer";
import { KubectlDeployer } from "../deploy/kubectl-deployer";
import { hasPulumi } from "../deploy/pulumi-cli";
import { PulumiDeployer } from "../deploy/pulumi-deployer";
import { renderStack, type RenderedStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { bringUpLocalCluster, TO_USE_LOCAL_KUBECTL } from "../local/local-cluster";
import { localDeployer, renderLocally } from "../local/local-deployer";
import { backupsBegin } from "../status/backup-begins";
import { observe } from "../status/observe";
import { type WaitOptions, waitUntilHealthy } from "../status/readiness";
import { describeStatus, statusOf } from "../status/status";
import { confirm } from "./ask";
import { describeConnections } from "./connect";
import { isShownAsItIs } from "./shown-errors";
import { choosing, configuredTarget, localTarget, type Target } from "./target";

export const USAGE = `usage: ${typed("up", "[options]")}

Deploys a stack, waits until all of it is ready, and shows its status and how to connect. By \`pulumi up\` where the
pulumi CLI and its plugins are on this machine, else by kubectl: passwords are then kept in secrets.NAME.json.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on a Kubernetes of three nodes on this machine, which is brought up if need be (Linux, root)
  --yes         do not ask
  --help        show this`;

/** The command `up`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => up(args), isShownAsItIs);
}

async function up(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", default: "dev" },
      local: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  return values.local ? await upLocally(values.stack) : await upConfigured(values.stack, values.yes);
}

async function upConfigured(nameOrPath: string, yes: boolean): Promise<number> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const target = await configuredTarget(configOf(file), file.stack);
  if (!yes && !(await confirm(`Deploy the stack ${file.stack} to ${target.description}?`, "--yes"))) return 1;
  return await deployTo(target, nameOrPath, yes);
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
  yes: boolean,
  ends?: WaitOptions["ends"],
): Promise<number> {
  const { kubectl } = target;
  const deployer = canUsePulumi() ? new PulumiDeployer(kubectl, yes) : new KubectlDeployer(kubectl);
  return await deploy(target, nameOrPath, await renderStack(nameOrPath, deployer.rendering), deployer, ends);
}

async function upLocally(nameOrPath: string): Promise<number> {
  console.error("The local cluster:");
  await bringUpLocalCluster();
  const deployer = await localDeployer(nameOrPath, canUsePulumi);
  const stack = await renderLocally(nameOrPath, deployer.rendering, (line) => {
    console.error(line);
  });
  const status = await deploy(localTarget(), nameOrPath, stack, deployer);
  console.log(`\nTo use kubectl on the local cluster:\n  ${TO_USE_LOCAL_KUBECTL}`);
  return status;
}

/** Whether Pulumi is there; says what follows where it is not. */
function canUsePulumi(): boolean {
  const found = hasPulumi();
  if (!found) {
    console.error("The pulumi CLI with its plugins is not on this machine: deploying manifests by kubectl.");
  }
  return found;
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
