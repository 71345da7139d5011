import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import type { StackFile } from "../../render/stack-file";
import type { StackConfig } from "../../stacks/types";
import type { Deployer, Removal } from "../deploy/deployer";
import { requireOwned } from "../deploy/ownership";
import { requireSuccess, runPulumi } from "../deploy/pulumi-cli";
import { refuseHiddenDeletion } from "../deploy/removal-checks";
import { removeStack } from "../deploy/remove";
import type { RenderedStack } from "../deploy/rendered-stack";
import { LOCAL_KUBECONFIG, LOCAL_STATE } from "./local-cluster";
import { PROJECT } from "../deploy/stack-config";
import type { Kubectl } from "../kube/kubectl";

/** Pulumi's own files for the local cluster: they go with it, as what they tell of does. */
const HOME = join(LOCAL_STATE, "pulumi");
const PROGRAM = join(HOME, "program");
const BACKEND = join(HOME, "backend");
const PASSPHRASE = join(HOME, "passphrase");

/** Whether Pulumi has deployed a stack to the local cluster: then it is Pulumi that goes on with it. */
export function isDeployedByLocalPulumi({ stack }: StackFile): boolean {
  return existsSync(join(BACKEND, ".pulumi", "stacks", "stateful", `${stack}.json`));
}

/** Lets the pulumi CLI deploy a stack that was made to run on the local cluster, before the user's own eyes. */
export class LocalPulumiDeployer implements Deployer {
  readonly rendering = { namesOnly: true };

  constructor(private readonly kubectl: Kubectl) {}

  /** On the local cluster nobody is asked. */
  preview(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async deploy(stack: RenderedStack): Promise<void> {
    const { name, config, file } = stack;
    await requireOwned(this.kubectl, { name, config });
    requireSuccess("up", await runOnLocalCluster("up", file));
  }

  requireRemovable(config: Pick<StackConfig, "databases">, { deleteData }: Removal): void {
    if (!deleteData) refuseHiddenDeletion(config);
  }

  /** After Pulumi there is nothing left but the data, which goes only if it is meant to, whatever the stack file says. */
  async remove(stack: RenderedStack, removal: Removal): Promise<string[]> {
    await requireOwned(this.kubectl, stack);
    requireSuccess("destroy", await runOnLocalCluster("destroy", stack.file));
    return await removeStack(this.kubectl, stack, removal);
  }
}

/**
 * Runs the pulumi CLI. The stack file is another one than the project's, and so stands with a program of its own, which
 * is the project's.
 *
 * @returns the CLI's exit status
 */
async function runOnLocalCluster(command: "up" | "destroy", file: StackFile): Promise<number> {
  for (const directory of [PROGRAM, BACKEND]) mkdirSync(directory, { recursive: true });
  if (!existsSync(PASSPHRASE)) writeFileSync(PASSPHRASE, randomBytes(24).toString("hex"), { mode: 0o600 });
  for (const name of ["Pulumi.yaml", "tsconfig.json", "tsconfig.run.json"]) {
    copyFileSync(join(PROJECT, name), join(PROGRAM, name));
  }
  writeFileSync(join(PROGRAM, "package.json"), JSON.stringify({ main: "index.ts" }));
  writeFileSync(
    join(PROGRAM, "index.ts"),
    'import program = require("../../../index");\nexport = program;\n',
  );
  const environment = {
    KUBECONFIG: LOCAL_KUBECONFIG,
    PULUMI_BACKEND_URL: `file://${BACKEND}`,
    PULUMI_CONFIG_PASSPHRASE: readFileSync(PASSPHRASE, "utf8"),
  };
  const pulumi = (...args: string[]) => runPulumi([...args, "--cwd", PROGRAM], environment);

  const { stack } = file;
  const selected = await pulumi("stack", "select", "--create", stack);
  if (selected !== 0) return selected;
  const settings = join(PROGRAM, `Pulumi.${stack}.yaml`);
  writeFileSync(settings, withConfig(settings, file), { mode: 0o600 });
  return await pulumi(command, "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs");
}

/** Pulumi's own part of the settings, with the stack's configuration. */
function withConfig(settings: string, { config }: StackFile): string {
  const own = existsSync(settings) ? (load(readFileSync(settings, "utf8")) as object | undefined) : undefined;
  const values = Object.entries(config).map(([key, text]) => [key, structured(text)] as const);
  return dump({ ...own, config: Object.fromEntries(values) });
}

function structured(text: string): unknown {
  return /^\s*[[{]/.test(text) ? (JSON.parse(text) as unknown) : text;
}
