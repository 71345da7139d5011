import { createHash } from "node:crypto";

/**
 * The nodes of a database's replicas: each on a node of its own, beginning at a node that follows from the
 * database's name, so that many small databases do not all begin on the first node.
 *
 * The same for every run. A node added later shifts the order; volumes that exist stay where they are,
 * since `HostPathStorage` ignores that change.
 *
 * @param pinned the nodes to use instead, in the order of the ordinals
 */
export function spreadOverNodes(
  database: string,
  replicas: number,
  nodes: string[],
  pinned: string[] | undefined,
): string[] {
  const order = pinned ?? nodes;
  const first = pinned ? 0 : stableNumber(database) % order.length;
  return Array.from({ length: replicas }, (_, ordinal) => order[(first + ordinal) % order.length] ?? "");
}

function stableNumber(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}
