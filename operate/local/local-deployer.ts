import { readStackFile } from "../../render/stack-file";
import { placeholders } from "../../render/secrets";
import type { Deployer } from "../deploy/deployer";
import { KubectlDeployer } from "../deploy/kubectl-deployer";
import { type RenderedStack, renderStack } from "../deploy/rendered-stack";
import { configOf, PROJECT } from "../deploy/stack-config";
import { OURS } from "../kube/labels";
import { describeLocalCluster, localKubectl } from "./local-cluster";
import { isDeployedByLocalPulumi, LocalPulumiDeployer } from "./local-pulumi";
import { localize } from "./localize";

/**
 * What deploys a stack to the local cluster: Pulumi where it can, unless kubectl did before.
 *
 * @param hasPulumi asked only where it matters
 */
export async function localDeployer(nameOrPath: string, hasPulumi: () => boolean): Promise<Deployer> {
  const file = readStackFile(nameOrPath, PROJECT, placeholders);
  const kubectl = localKubectl();
  if (isDeployedByLocalPulumi(file)) return new LocalPulumiDeployer(kubectl);
  if (!hasPulumi()) return new KubectlDeployer(kubectl);
  const sets = await kubectl.list("statefulsets", configOf(file).namespace, OURS);
  return sets.length === 0 ? new LocalPulumiDeployer(kubectl) : new KubectlDeployer(kubectl);
}

/** What removes a stack from the local cluster: whoever deployed it. */
export function localRemover({ file }: Pick<RenderedStack, "file">): Deployer {
  const kubectl = localKubectl();
  return isDeployedByLocalPulumi(file) ? new LocalPulumiDeployer(kubectl) : new KubectlDeployer(kubectl);
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
