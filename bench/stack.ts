import { dump } from "js-yaml";
import { ANY_ENGINE } from "../stacks/engines";

/** Engine of each database. */
export const ENGINE = ANY_ENGINE;

/** Replicas of each database. */
export const REPLICAS = 3;

/** A stack file with so many databases, on bare metal, each replica with a volume on one of five nodes. */
export function stackFile(databases: number): string {
  const entries = Array.from({ length: databases }, (_, index) => [
    `database-${String(index).padStart(4, "0")}`,
    { engine: ENGINE, replicas: REPLICAS, storage: "20Gi" },
  ]);
  return dump({
    config: {
      "stateful:target": "bare-metal",
      "stateful:storage": {
        className: "manual",
        path: "/mnt/data",
        nodes: Array.from({ length: 5 }, (_, index) => `node-${index}`),
      },
      "stateful:databases": Object.fromEntries(entries) as Record<string, unknown>,
    },
  });
}
