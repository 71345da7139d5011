import { servicesOf, type Topology } from "../../components/protocol/topology";

/** The names by which clients are led to a database's servers, as its component puts them out. */
export function clientHosts(database: string, namespace: string, topology: Topology): string[] {
  return servicesOf(database, topology).map((service) => `${service}.${namespace}.svc`);
}
