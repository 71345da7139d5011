import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stateServiceNames } from "./rights";

/**
 * A Service for each of the Endpoints that Patroni keeps its state in. They lead nowhere: Kubernetes deletes
 * Endpoints without a Service when its controllers start, and with them who may be elected.
 */
export function stateServices(
  name: string,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, string> },
  parent: pulumi.Resource,
): void {
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
}
