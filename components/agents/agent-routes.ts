import { FAMILIES, sliceName } from "../protocol/names";
import {
  type EndpointSpec,
  endpointsBy,
  portsOfEndpoint,
  serviceOf,
  type Topology,
} from "../protocol/topology";
import { AGENT_MANAGER, MANAGED_BY } from "../protocol/labels";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ownedAcrossLives, type RetainingProvider } from "../common/retention";

/** Slices of Services whose addresses are written, and not selected: by the slice's name the endpoint. */
function slices(
  database: string,
  topology: Topology,
  ...by: ("agent" | "engine")[]
): Map<string, EndpointSpec> {
  return new Map(
    endpointsBy(topology, ...by).flatMap((endpoint) =>
      FAMILIES.map((family) => [sliceName(serviceOf(database, endpoint), family), endpoint] as const),
    ),
  );
}

/** Service of each EndpointSlice that a database's agents write, by the slice's name. */
export function agentRouteServices(database: string, topology: Topology): Map<string, string> {
  return new Map(
    [...slices(database, topology, "agent")].map(([slice, endpoint]) => [
      slice,
      serviceOf(database, endpoint),
    ]),
  );
}

/** Names of the slices that agents read: also those of addresses that the engine writes, which agents before may have made. */
export function readRouteNames(database: string, topology: Topology): string[] {
  return [...slices(database, topology, "agent", "engine").keys()];
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
    topology,
    retainingProvider,
    parent,
  }: {
    namespace: pulumi.Input<string>;
    labels: Record<string, pulumi.Input<string>>;
    topology: Topology;
    retainingProvider: RetainingProvider;
    parent: pulumi.Resource;
  },
): pulumi.Resource[] {
  return [...slices(database, topology, "agent")].map(([name, endpoint]) => {
    const service = serviceOf(database, endpoint);
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
      ports: portsOfEndpoint(endpoint).map((port) => ({ ...port, protocol: "TCP" })),
    };
    return new k8s.discovery.v1.EndpointSlice(`${name}-route`, slice, {
      parent,
      ...(retainingProvider ? { provider: retainingProvider as k8s.Provider } : {}),
    });
  });
}
