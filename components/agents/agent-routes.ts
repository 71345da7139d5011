import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ownedAcrossLives, type RetainingProvider } from "../common/retention";
import type { ServicePortArgs } from "../network/args";
import { replicasServiceName } from "../network/services";

/** Services whose addresses the agents write, beside that of the replicas. */
export interface RoutedServices {
  /** The primary's; not where the engine shows its primary's address by itself. */
  primary: boolean;
}

/** Each Service has a slice for each family of addresses: the stack does not know the cluster's. */
const FAMILIES = { IPv4: "", IPv6: ".ipv6" };

/** Service of each EndpointSlice that a database's agents write, by the slice's name. A name with a dot is no Service's. */
export function agentRouteServices(database: string, { primary }: RoutedServices): Map<string, string> {
  const services = [...(primary ? [database] : []), replicasServiceName(database)];
  return new Map(
    services.flatMap((service) =>
      Object.values(FAMILIES).map((suffix) => [`${service}${suffix}`, service] as const),
    ),
  );
}

/** Names of those slices. */
export function agentRouteNames(database: string, routed: RoutedServices): string[] {
  return [...agentRouteServices(database, routed).keys()];
}

/**
 * The EndpointSlices that a database's agents write addresses into.
 *
 * They are made here, and empty, since the right to make some cannot be limited by name: who has it can lead the clients
 * of any database of the namespace to himself. `endpoints` is left out, not empty, so that applying a slice once more takes
 * nothing away. Agents of earlier versions have made their own, which are taken over: hence the provider.
 *
 * @returns what pods must wait for
 */
export function agentRoutes(
  database: string,
  {
    namespace,
    labels,
    ports,
    routed,
    retainingProvider,
    parent,
  }: {
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    ports: ServicePortArgs[];
    routed: RoutedServices;
    retainingProvider: RetainingProvider;
    parent: pulumi.Resource;
  },
): pulumi.Resource[] {
  return [...agentRouteServices(database, routed)].map(([name, service]) => {
    const slice = {
      metadata: {
        name,
        namespace,
        labels: {
          ...labels,
          "app.kubernetes.io/managed-by": "stateful-agent",
          "endpointslice.kubernetes.io/managed-by": "stateful-agent",
          "kubernetes.io/service-name": service,
        },
        annotations: ownedAcrossLives(),
      },
      addressType: name === service ? "IPv4" : "IPv6",
      ports: ports.map(({ name: port, port: number }) => ({ name: port, port: number, protocol: "TCP" })),
    };
    return new k8s.discovery.v1.EndpointSlice(`${name}-route`, slice, {
      parent,
      ...(retainingProvider ? { provider: retainingProvider as k8s.Provider } : {}),
    });
  });
}
