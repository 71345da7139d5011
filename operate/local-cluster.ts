import { existsSync } from "node:fs";
import { join } from "node:path";
import { Kubectl } from "./kubectl";
import { PROJECT } from "./stack-config";

// The test bed of this checkout as somebody's local cluster. It is loaded only where it is asked for: it is no part
// of what a stack needs.

const STATE = join(PROJECT, ".cluster");
const KUBECONFIG = join(STATE, "kubeconfig");

/** kubectl before the local cluster. */
export function localKubectl(): Kubectl {
  return new Kubectl({ program: join(STATE, "kubectl"), kubeconfig: KUBECONFIG });
}

/** Whether the local cluster was brought up. */
export function hasLocalCluster(): boolean {
  return existsSync(KUBECONFIG);
}
