import type { EndpointSpec, Topology } from "../../../components/protocol/topology";

const PORT = { name: "toy", port: 7000 };
const ADMIN = { name: "toy-admin", port: 7001 };

/** A ring of equals, by one Service that Kubernetes fills. */
export const RING: Topology = {
  roles: [{ name: "member" }],
  endpoints: [{ key: "node", suffix: "", port: PORT, for: "writes", backing: "selector" }],
  labelledBy: "agent",
};

/** Drivers get the list of all members and find the primary themselves; a second port tells of the members. */
export const DRIVER_FINDS: Topology = {
  roles: [{ name: "primary", exclusive: true }, { name: "replica" }],
  endpoints: [
    { key: "members", suffix: "", port: PORT, for: "discovery", backing: "members" },
    { key: "admin", suffix: "-admin", port: ADMIN, for: "discovery", backing: "selector" },
  ],
  labelledBy: "agent",
  quorum: "majority",
};

/** A proxy before a primary that the engine itself leads clients to. */
const PROXY: EndpointSpec = { key: "proxy", suffix: "-proxy", port: PORT, for: "writes", backing: "proxy" };
export const PROXIED: Topology = {
  roles: [{ name: "primary", exclusive: true }],
  endpoints: [{ key: "primary", suffix: "", port: PORT, for: "writes", backing: "engine" }, PROXY],
  labelledBy: "engine",
};
