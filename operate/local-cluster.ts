import { existsSync } from "node:fs";
import { join } from "node:path";
import { Kubectl } from "./kubectl";
import type { LocalCluster } from "./localize";
import { PROJECT } from "./stack-config";
import type * as Catalogue from "../test/cluster/images/catalogue";
import type * as Lock from "../test/cluster/lock";
import type * as Size from "../test/cluster/size";
import type * as Up from "../test/cluster/up";

// The test bed of this checkout as somebody's local cluster. Its code is loaded only where it is asked for: whoever has
// a cluster does not need it.

const STATE = join(PROJECT, ".cluster");
const KUBECONFIG = join(STATE, "kubeconfig");

/** kubectl before the local cluster. */
export function localKubectl(): Kubectl {
  return new Kubectl({ program: join(STATE, "kubectl"), kubeconfig: KUBECONFIG });
}

/** What to type to reach the local cluster by kubectl. */
export const TO_USE_LOCAL_KUBECTL = "export KUBECONFIG=$PWD/.cluster/kubeconfig PATH=$PATH:$PWD/.cluster";

/** Whether the local cluster was brought up. */
export function hasLocalCluster(): boolean {
  return existsSync(KUBECONFIG);
}

/* eslint-disable @typescript-eslint/no-require-imports */
const up = () => (require("../test/cluster/up") as typeof Up).up;
const exclusively = () => (require("../test/cluster/lock") as typeof Lock).exclusively;
const clusterSize = () => (require("../test/cluster/size") as typeof Size).clusterSize;
const catalogue = () => (require("../test/cluster/images/catalogue") as typeof Catalogue).catalogue;
/* eslint-enable @typescript-eslint/no-require-imports */

/**
 * Brings the local cluster up with three nodes, or with as many as it has; harmless when it is up.
 *
 * @throws UserError that says what the machine lacks
 */
export async function bringUpLocalCluster(): Promise<void> {
  await exclusively()(async () => up()(clusterSize()() ?? 3));
}

/** What the local cluster has, as far as a stack asks for it. */
export async function describeLocalCluster(): Promise<LocalCluster> {
  const nodes = await localKubectl().list("nodes");
  return {
    nodes: nodes.map(({ metadata }) => metadata.name).sort(),
    images: catalogue()().map(({ name }) => name),
  };
}
