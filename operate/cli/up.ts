import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { confirm } from "./ask";
import { describeConnections } from "./connect";
import { applyStack } from "../deploy/apply";
import { hasEngine, runEngine } from "../deploy/pulumi-cli";
import type { Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import {
  bringUpLocalCluster,
  describeLocalCluster,
  localKubectl,
  TO_USE_LOCAL_KUBECTL,
} from "../local/local-cluster";
import { isOfLocalEngine, runLocalEngine } from "../local/local-pulumi";
import { localize } from "../local/localize";
import { requireOwned } from "../deploy/ownership";
import { waitUntilHealthy } from "../status/readiness";
import { renderStack, type RenderedStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { observe } from "../status/observe";
import { describeStatus, statusOf } from "../status/status";
import { choosing, configuredTarget, isFromCluster, localTarget, RefusedError, type Target } from "./target";

const USAGE = `usage: npm run up -- [options]

Deploys a stack, waits until all of it is ready, and shows its status and how to connect. By \`pulumi up\` where the
pulumi CLI and its plugins are on this machine, else by kubectl: passwords are then kept in secrets.NAME.json.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on a Kubernetes of three nodes on this machine, which is brought up if need be (Linux, root)
  --yes         do not ask
  --help        show this`;

/** The command `up`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => up(args), isFromCluster);
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
  const byEngine = canUseEngine();
  const stack = await renderStack(nameOrPath, { namesOnly: byEngine, mayNeedCloud: byEngine });
  return await deploy(
    target,
    nameOrPath,
    stack,
    byEngine ? byPulumi(() => runEngine("up", file, target.kubectl, yes)) : applyStack,
  );
}

async function upLocally(nameOrPath: string): Promise<number> {
  console.error("The local cluster:");
  await bringUpLocalCluster();
  const target = localTarget();
  const byEngine = await isForLocalEngine(nameOrPath);
  const stack = await renderLocally(nameOrPath, byEngine, (line) => {
    console.error(line);
  });
  const apply = byEngine ? byPulumi(() => runLocalEngine("up", stack.file)) : applyStack;
  const status = await deploy(target, nameOrPath, stack, apply);
  console.log(`\nTo use kubectl on the local cluster:\n  ${TO_USE_LOCAL_KUBECTL}`);
  return status;
}

/** Whether the engine is there; says what follows where it is not. */
function canUseEngine(): boolean {
  const found = hasEngine();
  if (!found) {
    console.error("The pulumi CLI with its plugins is not on this machine: deploying manifests by kubectl.");
  }
  return found;
}

/** Whether Pulumi deploys a stack to the local cluster: where it can, unless kubectl did before. */
async function isForLocalEngine(nameOrPath: string): Promise<boolean> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  if (isOfLocalEngine(file)) return true;
  if (!canUseEngine()) return false;
  const { namespace } = configOf(file);
  const sets = await localKubectl().list("statefulsets", namespace, OURS);
  return sets.length === 0;
}

type Apply = (kubectl: Kubectl, stack: RenderedStack) => Promise<void>;

/** @param run - the CLI; returns its exit status */
function byPulumi(run: () => Promise<number>): Apply {
  return async (kubectl, { name, config }) => {
    await requireOwned(kubectl, { name, config });
    if ((await run()) !== 0) throw new RefusedError("pulumi up did not succeed: see above.");
  };
}

/** Renders a stack for the local cluster, with passwords of its own, and tells what was replaced. */
export async function renderLocally(
  nameOrPath: string,
  namesOnly: boolean,
  tell: (line: string) => void,
): Promise<RenderedStack> {
  const { stack } = readStackFile(nameOrPath, PROJECT, placeholders);
  const cluster = await describeLocalCluster();
  return await renderStack(nameOrPath, {
    secretsFile: `${PROJECT}/secrets.${stack}.local.json`,
    namesOnly,
    adapt: (file) => {
      const localized = localize(file, cluster);
      if (localized.replacements.length > 0) tell(`Replaced in ${file.file}, for the local cluster only:`);
      for (const line of localized.replacements) tell(`  ${line}`);
      return localized.file;
    },
  });
}

async function deploy(
  target: Target,
  nameOrPath: string,
  stack: RenderedStack,
  apply: Apply,
): Promise<number> {
  const { kubectl, description } = target;
  console.error(`Deploying the stack ${stack.name} to ${description}:`);
  const begun = performance.now();
  await apply(kubectl, stack);
  console.error(`  applied; waiting until all is ready`);
  let late: Error | undefined;
  try {
    await waitUntilHealthy(kubectl, stack, {
      onProgress: (pod, state) => {
        console.error(`  ${seconds(begun).padStart(5)}  ${pod}: ${state}`);
      },
    });
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
