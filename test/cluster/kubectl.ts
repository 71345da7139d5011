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
}

export interface NodeList {
  items: { metadata: { name: string }; status: { conditions: Condition[] } }[];
}

/** Nodes that report themselves ready. */
export async function readyNodes(): Promise<string[]> {
  const nodes = JSON.parse(await kubectl(["get", "nodes", "--output=json"])) as NodeList;
  return nodes.items
    .filter(({ status }) =>
      status.conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    )
    .map(({ metadata }) => metadata.name);
}
