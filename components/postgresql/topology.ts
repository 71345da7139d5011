import { type EndpointSpec, primaryAndReplicas, type Topology } from "../protocol/topology";
import { POSTGRESQL_PORT } from "./protocol";

const PORT = { name: "postgresql", port: POSTGRESQL_PORT };

/** PgBouncer before the primary. */
export const POOLER: EndpointSpec = {
  key: "pooler",
  suffix: "-pooler",
  port: PORT,
  for: "writes",
  backing: "proxy",
};

/** Patroni elects the primary, writes its address with the lock that makes it one, and labels the pods. */
export function postgresqlTopology({ pooler }: { pooler?: object | undefined }): Topology {
  const { roles, endpoints } = primaryAndReplicas(PORT, { primaryBy: "engine" });
  return {
    roles,
    endpoints: [...endpoints, ...(pooler === undefined ? [] : [POOLER])],
    labelledBy: "engine",
    quorum: "majority",
  };
}
