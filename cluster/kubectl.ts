import { join } from "node:path";
import { binariesDir, binary } from "./binaries";
import { kubeconfig } from "./layout";
import { run } from "./shell";

/** Path of the kubectl that belongs to the cluster's version. */
export function kubectlPath(): string {
  return join(binariesDir, binary("kubernetes", "kubectl"));
}

/** Runs kubectl against the test bed, whatever the caller's KUBECONFIG is. */
export async function kubectl(args: string[], input?: string): Promise<string> {
  return run(kubectlPath(), [`--kubeconfig=${kubeconfig}`, ...args], { input });
}

interface Condition {
  type: string;
  status: string;
  /** When kubelet last said so, to the second. */
  lastHeartbeatTime: string;
}

export interface Node {
  metadata: { name: string };
  status: { conditions: Condition[] };
}

/** Nodes as the API server knows them. Gives up soon: with the API server away, waiting does not help. */
export async function allNodes(): Promise<Node[]> {
  const list = await kubectl(["get", "nodes", "--output=json", "--request-timeout=5s"]);
  return (JSON.parse(list) as { items: Node[] }).items;
}
