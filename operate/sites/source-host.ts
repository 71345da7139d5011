import { isDnsLabel, isServiceName } from "../../components/common/names";

/** A database of the same cluster. */
export interface DatabasePlace {
  namespace: string;
  name: string;
}

/**
 * The database whose Service a host name is, as pods of a namespace look it up: `orders`, `orders.shop`, `orders.shop.svc`, or the same with
 * the cluster's own domain behind it.
 *
 * @returns nothing for a name of somewhere else
 */
export function databaseBehind(host: string, namespace: string): DatabasePlace | undefined {
  const [name = "", other = namespace, service, ...domain] = host.split(".");
  const inside =
    service === undefined || (service === "svc" && (domain.length === 0 || domain[0] === "cluster"));
  return inside && isServiceName(name) && isDnsLabel(other) ? { name, namespace: other } : undefined;
}
