import { type Node, allNodes, kubectl } from "./kubectl";
import { bootedAt } from "./machine/processes";
import { until } from "./wait";

/**
 * Whether a node can run pods. The API server goes on calling a node Ready for the better part of a minute after its
 * power was cut, so a report only counts if it was made since the node's last boot.
 */
export function isReady(node: Node): boolean {
  const ready = node.status.conditions.find(({ type }) => type === "Ready");
  const booted = bootedAt(node.metadata.name);
  if (ready?.status !== "True" || booted === undefined) return false;
  const wholeSeconds = Math.floor(booted.getTime() / 1000) * 1000;
  return new Date(ready.lastHeartbeatTime).getTime() >= wholeSeconds;
}

/** Waits until all of these nodes can run pods. */
export async function nodesReady(names: string[]): Promise<void> {
  await until(
    async () => {
      const ready = (await allNodes()).filter(isReady).map(({ metadata }) => metadata.name);
      return names.every((name) => ready.includes(name));
    },
    { what: `${names.join(", ")} to be ready`, timeoutSeconds: 120 },
  );
}

export async function apiServerReady(): Promise<void> {
  await until(async () => (await kubectl(["get", "--raw=/readyz", "--request-timeout=5s"])) === "ok", {
    what: "the API server to be ready",
    timeoutSeconds: 120,
  });
}
