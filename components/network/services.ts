import { headlessServiceName, memberServiceName } from "../protocol/names";
import { ROLE_LABEL } from "../protocol/labels";
import {
  type EndpointSpec,
  type Port,
  portsOfEndpoint,
  readingRole,
  REPLICAS_SUFFIX,
  serviceOf,
  type Topology,
} from "../protocol/topology";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DataPolicy, ownedAcrossLives, retained, type RetainingProvider } from "../common/retention";
import { ordinals } from "../storage/replica-volumes";
import { type ExposureArgs, ExposureType } from "./args";

/** What the Services of one database, or of one application, have in common. */
export interface ServiceContext {
  /** Name of the database. */
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  annotations?: Record<string, pulumi.Input<string>>;
  ports: Port[];
  parent: pulumi.Resource;
}

/** By it Pulumi does not wait for pods behind a Service: they are made after it, and a paused database has none. */
const WITHOUT_PODS = { "pulumi.com/skipAwait": "true" };

/** Label that a StatefulSet's controller gives each of its pods. */
const POD_NAME = "statefulset.kubernetes.io/pod-name";

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

/** The Service of an endpoint. It selects nobody where the addresses behind it are written. */
export function endpointService(
  context: ServiceContext,
  endpoint: EndpointSpec,
  memberSelector: Record<string, string>,
): k8s.core.v1.Service {
  const selector = endpoint.backing === "selector" ? { selector: memberSelector } : {};
  return service(
    { ...context, ports: portsOfEndpoint(endpoint) },
    serviceOf(context.name, endpoint),
    selector,
    endpoint.key,
  );
}

/**
 * The database beyond the cluster, if wanted.
 *
 * `externalTrafficPolicy: Local`, so that the database and its NetworkPolicy see the client's address
 * and the source ranges mean what they say. Its price: a node port answers only on nodes of the pods that it leads to.
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
        annotations: { ...context.annotations, ...exposure.annotations, ...WITHOUT_PODS },
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

/** Its replicas beyond the cluster, if wanted, where members have that role. */
export function externalReplicas(
  context: ServiceContext,
  topology: Topology,
  exposure: ExposureArgs | undefined,
  memberSelector: Record<string, string>,
): k8s.core.v1.Service | undefined {
  const role = readingRole(topology);
  if (role === undefined) return undefined;
  const name = serviceOf(context.name, { suffix: REPLICAS_SUFFIX });
  return externalService({ ...context, name }, exposure, { ...memberSelector, [ROLE_LABEL]: role });
}

/**
 * A Service for each member. Its address is the member's for good, written down on the others' disks: so it outlives the stack as the
 * volumes do. Members must reach each other before they are ready.
 */
export function memberServices(
  context: ServiceContext,
  memberSelector: Record<string, string>,
  {
    replicas,
    dataPolicy,
    retainingProvider,
  }: { replicas: number; dataPolicy?: DataPolicy; retainingProvider?: RetainingProvider },
): void {
  const annotations = { ...context.annotations, ...ownedAcrossLives() };
  for (const ordinal of ordinals(replicas)) {
    service(
      { ...context, annotations },
      memberServiceName(context.name, ordinal),
      {
        publishNotReadyAddresses: true,
        selector: { ...memberSelector, [POD_NAME]: `${context.name}-${ordinal}` },
      },
      `member-${ordinal}`,
      retained(context.parent, dataPolicy, retainingProvider),
    );
  }
}

function service(
  context: ServiceContext,
  serviceName: string,
  spec: k8s.types.input.core.v1.ServiceSpec,
  key?: string,
  options: pulumi.CustomResourceOptions = { parent: context.parent },
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    key === undefined ? serviceName : `${context.name}-${key}`,
    {
      metadata: {
        name: serviceName,
        namespace: context.namespace,
        labels: context.labels,
        annotations: { ...context.annotations, ...WITHOUT_PODS },
      },
      spec: {
        type: "ClusterIP",
        ...spec,
        ports: context.ports.map(({ name, port }) => ({ name, port, targetPort: name })),
      },
    },
    options,
  );
}
