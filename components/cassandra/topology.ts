import type { Topology } from "../protocol/topology";
import { CQL_PORT, INTERNODE_PORT } from "./protocol";

const CQL = { name: "cql", port: CQL_PORT };

/**
 * A ring of equals, of which each takes reads and writes. Drivers are given all members, by Services of their own: a member's address is
 * part of the ring's memory, and must not change with its pod.
 */
export const CASSANDRA_TOPOLOGY: Topology = {
  roles: [{ name: "member" }],
  endpoints: [
    { key: "node", suffix: "", port: CQL, for: "writes", backing: "selector" },
    { key: "contactPoints", suffix: "", port: CQL, for: "discovery", backing: "members" },
  ],
  labelledBy: "agent",
  membersBy: "service",
  memberPorts: [{ name: "internode", port: INTERNODE_PORT }],
};
