import { dump } from "js-yaml";
import { MYSQL_LIMITS } from "../components/mysql/limits";

/** Replicas of each database: three, the usual number, as soon as the engine runs so many. */
export const REPLICAS = [3, 1].find((count) => MYSQL_LIMITS.replicas.includes(count)) ?? 1;

/** A stack file with so many databases, on bare metal, each replica with a volume on one of five nodes. */
export function stackFile(databases: number): string {
  const entries = Array.from({ length: databases }, (_, index) => [
    `database-${String(index).padStart(4, "0")}`,
    { engine: "mysql", replicas: REPLICAS, storage: "20Gi" },
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
