import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** The Prometheus operator's part of the Kubernetes API. */
const [GROUP, VERSION] = ["monitoring.coreos.com", "v1"];

/** Whose an object is, and what it is called. */
export interface OperatorObjectOf {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  parent: pulumi.Resource;
}

/** Where a pod tells its figures. */
export interface ScrapedEndpoint {
  /** Name of the container's port. */
  port: string;
  path: string;
  /** @default 30s */
  interval?: string | undefined;
  /** Whether labels of the figures go before those that Prometheus gives them. @default false */
  honorLabels?: boolean;
  /** What becomes of labels before figures are asked for. @default what the operator adds */
  relabelings?: object[];
}

/** By what the Prometheus operator finds pods. */
export function podMonitor(
  of: OperatorObjectOf,
  matchLabels: Record<string, string>,
  endpoints: ScrapedEndpoint[],
  matchExpressions?: object[],
): void {
  operatorObject(of, "PodMonitor", {
    selector: { matchLabels, ...(matchExpressions ? { matchExpressions } : {}) },
    podMetricsEndpoints: endpoints.map(({ interval = "30s", ...endpoint }) => ({ ...endpoint, interval })),
  });
}

/** An object of a kind that the cluster may not have: its definition is read, so that its absence is an error at preview. */
export function operatorObject(
  { name, namespace, labels, parent }: OperatorObjectOf,
  kind: "PodMonitor" | "PrometheusRule",
  spec: object,
): void {
  const definition = k8s.apiextensions.v1.CustomResourceDefinition.get(
    `${name}-needs-the-prometheus-operators-${kind.toLowerCase()}s`,
    `${kind.toLowerCase()}s.${GROUP}`,
    { parent },
  );
  new k8s.apiextensions.CustomResource(
    `${name}-${kind.toLowerCase()}`,
    { apiVersion: `${GROUP}/${VERSION}`, kind, metadata: { name, namespace, labels }, spec },
    { parent, dependsOn: [definition] },
  );
}
