import { FAMILIES, replicasServiceName, sliceName } from "../protocol/names";
import { AGENT_MANAGER, MANAGED_BY } from "../protocol/labels";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ownedAcrossLives, type RetainingProvider } from "../common/retention";
import type { ServicePortArgs } from "../network/args";

/** Services whose addresses the agents write, beside that of the replicas. */
export interface RoutedServices {
  /** The primary's; not where the engine shows its primary's address by itself. */
  primary: boolean;
}

/** Service of each EndpointSlice that a database's agents write, by the slice's name. */
export function agentRouteServices(database: string, { primary }: RoutedServices): Map<string, string> {
  const services = [...(primary ? [database] : []), replicasServiceName(database)];
  return new Map(
    services.flatMap((service) => FAMILIES.map((family) => [sliceName(service, family), service] as const)),
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
          [MANAGED_BY]: AGENT_MANAGER,
          "endpointslice.kubernetes.io/managed-by": AGENT_MANAGER,
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
