import { typed } from "../../render/installation";
import { readStackFile } from "../../render/stack-file";
import { placeholders } from "../../render/secrets";
import type { Deployer } from "../deploy/deployer";
import { KubectlDeployer } from "../deploy/kubectl-deployer";
import { missingOfPulumi } from "../deploy/pulumi-cli";
import { type RenderedStack, renderStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { chooseWay, lastWay, type Way } from "../deploy/way";
import { describeLocalCluster, localKubectl } from "./local-cluster";
import { isDeployedByLocalPulumi, LocalPulumiDeployer } from "./local-pulumi";
import { localize } from "./localize";

/**
 * What deploys a stack to the local cluster, or removes it: the way that it was deployed by, else the one that is asked for, else
 * Pulumi where it can.
 */
export async function localDeployer(nameOrPath: string, by: Way | undefined): Promise<Deployer> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const kubectl = localKubectl();
  const runs = await lastWay(kubectl, configOf(file));
  // Where nothing of it runs, Pulumi's state may still tell.
  const last = runs ?? (by === undefined && isDeployedByLocalPulumi(file) ? { way: "pulumi" } : undefined);
  const removal = () => typed("down", "--local", "--stack", nameOrPath);
  const way = chooseWay({ stack: file.stack, last, by, missing: missingOfPulumi(), removal });
  return way === "pulumi" ? new LocalPulumiDeployer(kubectl) : new KubectlDeployer(kubectl);
}

/** Renders a stack for the local cluster, with passwords of its own, and tells what was replaced. */
export async function renderLocally(
  nameOrPath: string,
  rendering: Deployer["rendering"],
  tell: (line: string) => void,
): Promise<RenderedStack> {
  const { stack } = readStackFile(nameOrPath, PROJECT, placeholders);
  const cluster = await describeLocalCluster();
  return await renderStack(nameOrPath, {
    ...rendering,
    secretsFile: `${PROJECT}/secrets.${stack}.local.json`,
    adapt: (file) => {
      const localized = localize(file, cluster);
      if (localized.replacements.length > 0) tell(`Replaced in ${file.file}, for the local cluster only:`);
      for (const line of localized.replacements) tell(`  ${line}`);
      return localized.file;
    },
  });
}
