import { type EndpointSpec, primaryAndReplicas, REPLICAS_SUFFIX, type Topology } from "../protocol/topology";
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

/** PgBouncer before the replicas. */
export const REPLICAS_POOLER: EndpointSpec = {
  key: "replicasPooler",
  suffix: `${REPLICAS_SUFFIX}-pooler`,
  port: PORT,
  for: "reads",
  backing: "proxy",
};

/** Which poolers a database has. */
interface Poolers {
  pooler?: object | undefined;
  replicasPooler?: object | undefined;
}

/** Patroni elects the primary, writes its address with the lock that makes it one, and labels the pods. */
export function postgresqlTopology({ pooler, replicasPooler }: Poolers): Topology {
  const { roles, endpoints } = primaryAndReplicas(PORT, { primaryBy: "engine" });
  return {
    roles,
    endpoints: [
      ...endpoints,
      ...(pooler === undefined ? [] : [POOLER]),
      ...(replicasPooler === undefined ? [] : [REPLICAS_POOLER]),
    ],
    labelledBy: "engine",
    quorum: "majority",
  };
}
