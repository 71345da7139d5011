import { primaryAndReplicas, type EndpointSpec, type Topology } from "../protocol/topology";
import { DISCOVERY_PORT, REDIS_PORT, REDIS_TLS_PORT } from "./protocol";

const PLAIN = { name: "redis", port: REDIS_PORT };
const TLS = { name: "redis-tls", port: REDIS_TLS_PORT };

/**
 * Where clients that speak Sentinel's protocol ask for the primary and its replicas: every member's agent answers. The agents write
 * the addresses: while nobody leads no pod is ready but one that died with its node, until Kubernetes calls that lost after 40 s.
 */
const DISCOVERY: EndpointSpec = {
  key: "sentinel",
  suffix: "-sentinel",
  port: { name: "sentinel", port: DISCOVERY_PORT },
  for: "discovery",
  backing: "agent",
};

/** The agents elect the primary and write its address. With TLS alone there is no port without it. */
export function redisTopology(tls?: { required?: boolean }): Topology {
  const required = tls?.required === true;
  const { roles, endpoints } = primaryAndReplicas(required ? TLS : PLAIN, { primaryBy: "agent" });
  const also = required ? {} : { also: [TLS] };
  return {
    roles,
    endpoints: [...endpoints.map((endpoint) => ({ ...endpoint, ...also })), DISCOVERY],
    labelledBy: "agent",
    quorum: "majority",
  };
}

/** What does not depend on a database's arguments: names and roles. */
export const REDIS_TOPOLOGY = redisTopology();
