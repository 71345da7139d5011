import { didYouMean } from "../../components/common/did-you-mean";
import { typed } from "../../render/installation";
import type { StackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { Deployer } from "../deploy/deployer";
import { KubectlDeployer } from "../deploy/kubectl-deployer";
import { missingOfPulumi } from "../deploy/pulumi-cli";
import { PulumiDeployer } from "../deploy/pulumi-deployer";
import { configOf } from "../deploy/stack-config";
import { chooseWay, lastWay, type Way, WAYS } from "../deploy/way";
import type { Target } from "./target";

/** What `--by` names. @throws UsageError for another word */
export function readWay(by: string | undefined): Way | undefined {
  const way = WAYS.find((one) => one === by);
  if (by === undefined || way !== undefined) return way;
  throw new UsageError(`--by ${by}: ${didYouMean(by, WAYS) ?? `it must be ${WAYS.join(" or ")}`}.`);
}

/** How a stack's deployer is chosen. */
export interface DeployerOptions {
  /** What was typed for the stack. */
  nameOrPath: string;
  /** The way that was asked for. @default the last one, else Pulumi where it is on this machine */
  by?: Way | undefined;
  /** Whether nobody is asked. */
  yes: boolean;
}

/**
 * What deploys a stack to its cluster, or removes it; says which way that is, and why.
 *
 * @throws RefusedError as {@link chooseWay} does
 */
export async function chooseDeployer(
  { kubectl }: Pick<Target, "kubectl">,
  file: StackFile,
  { nameOrPath, by, yes }: DeployerOptions,
): Promise<Deployer> {
  const last = await lastWay(kubectl, configOf(file));
  const missing = missingOfPulumi();
  const removal = (way: Way) => typed("down", "--stack", nameOrPath, "--by", way);
  const way = chooseWay({ stack: file.stack, last, by, missing, removal });
  console.error(`By ${way}${why(way, { by, last: last !== undefined, missing })}.`);
  return way === "pulumi" ? new PulumiDeployer(kubectl, yes) : new KubectlDeployer(kubectl);
}

function why(
  way: Way,
  { by, last, missing }: { by: Way | undefined; last: boolean; missing: string[] },
): string {
  if (last) return ", as before";
  if (by !== undefined) return "";
  return way === "pulumi"
    ? ", which is on this machine"
    : `, since of Pulumi this machine lacks ${missing.join(", ")}`;
}
