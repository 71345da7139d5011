import { headlessServiceName, replicasServiceName } from "../protocol/names";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type ExposureArgs, ExposureType, type ServicePortArgs } from "./args";

/** What the Services of one database, or of one application, have in common. */
export interface ServiceContext {
  /** Name of the database. */
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  ports: ServicePortArgs[];
  parent: pulumi.Resource;
}

/** Name of the Service that is reached from outside the cluster. */
export function externalServiceName(database: string): string {
  return `${database}-external`;
}

/** The governing Service. Members must find each other before they are ready, so it lists them all. */
export function headlessService(
  context: ServiceContext,
  memberSelector: Record<string, string>,
): k8s.core.v1.Service {
  return service(context, headlessServiceName(context.name), {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: memberSelector,
  });
}

/** The Service of the primary: the database's own name. The primary writes its address behind it. */
export function primaryService(context: ServiceContext): k8s.core.v1.Service {
  return service(context, context.name, {});
}

/** The Service that spreads reads over the members that serve; the primary writes their addresses. */
export function replicasService(context: ServiceContext): k8s.core.v1.Service {
  return service(context, replicasServiceName(context.name), {});
}

/**
 * The primary beyond the cluster, if wanted.
 *
 * `externalTrafficPolicy: Local`, so that the database and its NetworkPolicy see the client's address
 * and the source ranges mean what they say. Its price: a node port answers on the primary's node alone.
 */
export function externalService(
  context: ServiceContext,
  exposure: ExposureArgs | undefined,
  selector: Record<string, string>,
): k8s.core.v1.Service | undefined {
  const type = exposure?.type ?? ExposureType.None;
  if (exposure === undefined || type === ExposureType.None) return undefined;
  const loadBalanced = type === ExposureType.LoadBalancer;
  return new k8s.core.v1.Service(
    `${context.name}-external`,
    {
      metadata: {
        name: externalServiceName(context.name),
        namespace: context.namespace,
        labels: context.labels,
        annotations: { ...context.annotations, ...exposure.annotations },
      },
      spec: {
        type: loadBalanced ? "LoadBalancer" : "NodePort",
        externalTrafficPolicy: "Local",
        ...(loadBalanced ? { loadBalancerSourceRanges: exposure.sourceRanges } : {}),
        selector,
        ports: context.ports.map(({ name, port }) => ({
          name,
          port,
          targetPort: name,
          ...(exposure.nodePort === undefined ? {} : { nodePort: exposure.nodePort }),
        })),
      },
    },
    { parent: context.parent },
  );
}

function service(
  context: ServiceContext,
  serviceName: string,
  spec: k8s.types.input.core.v1.ServiceSpec,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    serviceName === context.name ? `${context.name}-primary` : serviceName,
    {
      metadata: {
        name: serviceName,
        namespace: context.namespace,
        labels: context.labels,
        // Its endpoints come with the pods, which are made after it.
        annotations: { ...context.annotations, "pulumi.com/skipAwait": "true" },
      },
      spec: {
        type: "ClusterIP",
        ...spec,
        ports: context.ports.map(({ name, port }) => ({ name, port, targetPort: name })),
      },
    },
    { parent: context.parent },
  );
}
