import { parseBytes } from "../../components/common/quantity";
import type { Node, Pod } from "../kube/objects";
import { isNodeReady } from "../kube/nodes";

/** Gets what a node or a pod answers at a path of the API. */
export type Ask = (path: string) => Promise<string>;

/** How full a volume's file system is, as its node sees it. */
export interface Usage {
  usedBytes: number;
  capacityBytes: number;
}

/** Whether what is full is not the volume: a directory has no end of its own, but that of the disk that it is on. */
export function sharesDisk({ capacityBytes }: Usage, size: string): boolean {
  return capacityBytes > 1.5 * (parseBytes(size) ?? Infinity);
}

interface StatsSummary {
  pods?: {
    volume?: { pvcRef?: { name: string; namespace: string }; usedBytes?: number; capacityBytes?: number }[];
  }[];
}

/** Asks the kubelets of the pods' nodes; those that do not run are left out. */
export async function observeUsage(
  ask: Ask,
  pods: Pod[],
  nodes: Node[],
  failed: (node: string, error: unknown) => void,
): Promise<Record<string, Usage>> {
  const usage: Record<string, Usage> = {};
  const namespace = pods[0]?.metadata.namespace;
  const down = new Set(nodes.filter((node) => !isNodeReady(node)).map(({ metadata }) => metadata.name));
  const names = new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []).filter((name) => !down.has(name)));
  await Promise.all(
    [...names].map(async (node) => {
      try {
        const text = await ask(`/api/v1/nodes/${node}/proxy/stats/summary`);
        for (const { volume = [] } of (JSON.parse(text) as StatsSummary).pods ?? []) {
          for (const { pvcRef, usedBytes, capacityBytes } of volume) {
            if (!pvcRef || pvcRef.namespace !== namespace || usedBytes === undefined || !capacityBytes)
              continue;
            usage[pvcRef.name] = { usedBytes, capacityBytes };
          }
        }
      } catch (error) {
        failed(node, error);
      }
    }),
  );
  return usage;
}
