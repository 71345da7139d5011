import type { Node, Volume } from "./objects";

/** Whether a node's kubelet reports, and can run pods. */
export function isNodeReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

/** What is the matter with a node; nothing if it can take pods. */
export function nodeLack(node: Node | undefined): "gone" | "silent" | "not ready" | "cordoned" | undefined {
  if (node === undefined) return "gone";
  const ready = readiness(node);
  if (ready?.status === "Unknown") return "silent";
  if (ready?.status !== "True") return "not ready";
  return node.spec.unschedulable ? "cordoned" : undefined;
}

/** The same in words. */
export function nodeTrouble(node: Node | undefined, name: string): string | undefined {
  switch (nodeLack(node)) {
    case "gone":
      return `there is no node ${name}`;
    case "silent":
      return `node ${name} does not answer: it is off, or cut off from the network`;
    case "not ready":
      return `node ${name} is not ready: ${(node && readiness(node)?.message) ?? "it says nothing"}`;
    case "cordoned":
      return `node ${name} is cordoned: it takes no pods`;
    case undefined:
      return undefined;
  }
}

function readiness({ status }: Node): NonNullable<Node["status"]["conditions"]>[number] | undefined {
  return status.conditions?.find(({ type }) => type === "Ready");
}

/** Nodes that a volume can be used on: none are named where it can move. */
export function nodesOf(volume: Volume): string[] {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.flatMap(({ key, values = [] }) => (key === "kubernetes.io/hostname" ? values : [])),
  );
}
