import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ownedAcrossLives, type RetainingProvider } from "../common/retention";
import { stateEndpointsNames, stateServiceNames } from "./rights";

/**
 * The Endpoints that Patroni keeps its state in, without any, and a Service for each that has none of its own. Those lead
 * nowhere: Kubernetes deletes Endpoints without a Service when its controllers start, and with them who may be elected.
 *
 * What is in Endpoints that are there (Patroni used to make them itself) is left as it is: hence the provider, which takes
 * them over.
 *
 * @returns what pods must wait for
 */
export function patroniState(
  name: string,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, pulumi.Input<string>> },
  retainingProvider: RetainingProvider,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  for (const service of stateServiceNames(name)) {
    new k8s.core.v1.Service(
      service,
      {
        metadata: { ...metadata, name: service, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: { clusterIP: "None" },
      },
      { parent },
    );
  }
  return stateEndpointsNames(name).map(
    (endpoints) =>
      new k8s.core.v1.Endpoints(
        `${endpoints}-state`,
        { metadata: { ...metadata, name: endpoints, annotations: ownedAcrossLives() } },
        { parent, ...(retainingProvider ? { provider: retainingProvider as k8s.Provider } : {}) },
      ),
  );
}
