import { existsSync } from "node:fs";
import { join } from "node:path";
import { IS_CHECKOUT } from "../../render/installation";
import { RefusedError } from "../deploy/refused-error";
import { Kubectl } from "../kube/kubectl";
import type { LocalCluster } from "./localize";
import { PROJECT } from "../deploy/stack-config";
import type * as Catalogue from "../../cluster/images/catalogue";
import type * as Lock from "../../cluster/lock";
import type * as Size from "../../cluster/size";
import type * as Up from "../../cluster/up";

// The test bed of this checkout as somebody's local cluster. Its code is loaded only where it is asked for: whoever has
// a cluster does not need it.

export const LOCAL_STATE = join(PROJECT, ".cluster");
export const LOCAL_KUBECONFIG = join(LOCAL_STATE, "kubeconfig");

/** kubectl before the local cluster. */
export function localKubectl(): Kubectl {
  return new Kubectl({ program: join(LOCAL_STATE, "kubectl"), kubeconfig: LOCAL_KUBECONFIG });
}

/** What to type to reach the local cluster by kubectl. */
export const TO_USE_LOCAL_KUBECTL = "export KUBECONFIG=$PWD/.cluster/kubeconfig PATH=$PATH:$PWD/.cluster";

/** Whether the local cluster was brought up. */
export function hasLocalCluster(): boolean {
  return existsSync(LOCAL_KUBECONFIG);
}

/* eslint-disable @typescript-eslint/no-require-imports */
const up = () => (require("../../cluster/up") as typeof Up).up;
const exclusively = () => (require("../../cluster/lock") as typeof Lock).exclusively;
const clusterSize = () => (require("../../cluster/size") as typeof Size).clusterSize;
const catalogue = () => (require("../../cluster/images/catalogue") as typeof Catalogue).catalogue;
/* eslint-enable @typescript-eslint/no-require-imports */

/**
 * Brings the local cluster up with three nodes, or with as many as it has; harmless when it is up.
 *
 * @throws UserError that says what the machine lacks; RefusedError in an installed package
 */
export async function bringUpLocalCluster(): Promise<void> {
  if (!IS_CHECKOUT) {
    throw new RefusedError(
      "The local cluster is built by a checkout of stateful's repository, with `npm run up -- --local` there. Here, bring up " +
        "one by kind or minikube, and leave --local away.",
    );
  }
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
