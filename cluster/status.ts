import { table } from "../render/table";
import { controlPlane } from "./control-plane";
import { type Node, allNodes, kubectl } from "./kubectl";
import { findMachine } from "./machine/processes";
import { isConnected } from "./network";
import { hasObjectStore, objectStore } from "./object-store";
import { nodeName, nodeZone } from "./node";
import { isReady } from "./readiness";
import { clusterSize } from "./size";

/** What `status` prints: one line for each machine, from what the kernel and what Kubernetes says. */
export async function describeCluster(): Promise<string> {
  const size = clusterSize();
  if (size === undefined) return "There is no cluster. Bring one up with `npm run cluster -- up`.";
  const nodes = await allNodes().catch(() => undefined);
  const pods = await podCounts().catch(() => new Map<string, number>());
  const rows = [
    [controlPlane, ...(await physical(controlPlane)), nodes ? "API answers" : "API does not answer", "", ""],
  ];
  for (let node = 1; node <= size; node++) {
    const name = nodeName(node);
    const kubernetes = nodes?.find(({ metadata }) => metadata.name === name);
    const pod = String(pods.get(name) ?? 0);
    rows.push([name, ...(await physical(name)), words(kubernetes), nodeZone(node), pod]);
  }
  if (hasObjectStore()) rows.push([objectStore, ...(await physical(objectStore)), "no part of it", "", ""]);
  return table(["machine", "power", "network", "kubernetes", "zone", "pods"], rows);
}

async function physical(machine: string): Promise<[power: string, network: string]> {
  if (findMachine(machine) === undefined) return ["off", "-"];
  return ["on", (await isConnected(machine)) ? "connected" : "cut"];
}

function words(node: Node | undefined): string {
  if (node === undefined) return "unknown";
  return isReady(node) ? "Ready" : "NotReady";
}

async function podCounts(): Promise<Map<string, number>> {
  const path = "jsonpath={range .items[*]}{.spec.nodeName}{'\\n'}{end}";
  const names = (await kubectl(["get", "pods", "--all-namespaces", `--output=${path}`])).split("\n");
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
