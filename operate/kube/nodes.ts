import type { Node, Volume } from "./objects";

/** Whether a node's kubelet reports, and can run pods. */
export function isNodeReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

/** What is the matter with a node, in words; nothing if it can take pods. */
export function nodeTrouble(node: Node | undefined, name: string): string | undefined {
  if (node === undefined) return `there is no node ${name}`;
  const ready = node.status.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "Unknown")
    return `node ${name} does not answer: it is off, or cut off from the network`;
  if (ready?.status !== "True") return `node ${name} is not ready: ${ready?.message ?? "it says nothing"}`;
  if (node.spec.unschedulable) return `node ${name} is cordoned: it takes no pods`;
  return undefined;
}

/** Nodes that a volume can be used on: none are named where it can move. */
export function nodesOf(volume: Volume): string[] {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.flatMap(({ key, values = [] }) => (key === "kubernetes.io/hostname" ? values : [])),
  );
}
