import type { RawConfig } from "../support/stack";

/** A stack with everything of which objects are made, as it was deployed. */
export const DEPLOYED: RawConfig = {
  target: "bare-metal",
  namespace: "shop",
  storage: { className: "manual", path: "/mnt/data", nodes: ["node-1", "node-2", "node-3"] },
  databases: {
    orders: {
      engine: "mysql",
      replicas: 3,
      storage: "10Gi",
      exposure: { type: "nodePort", sourceRanges: ["10.0.0.0/8"] },
    },
    ledger: { engine: "postgresql", replicas: 3, storage: "10Gi", pooler: {} },
  },
  applications: { web: { image: "registry.example/web:1", port: 80, database: "ledger" } },
};
