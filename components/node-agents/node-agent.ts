import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { selectorLabels, standardLabels } from "../common/labels";
import { DataPolicy, ownedAcrossLives, retained } from "../common/retention";
import { podMonitor } from "../monitoring/operator-objects";
import { scrapeAnnotations } from "../monitoring/scrape";
import { scrapedNetworkPolicy } from "../network/network-policy";
import type { NodeAgentArgs } from "./args";

type Labels = Record<string, pulumi.Input<string>>;

/** The port of an agent's container that its figures are told on. */
export const METRICS_PORT_NAME = "metrics";

/** A node agent that is to be made. */
export interface NodeAgentSpec {
  name: string;
  /** What it is, for labels and files: `log-collection`. */
  component: string;
  args: NodeAgentArgs;
  namespace: string;
  /** Where it tells its own figures. */
  metrics: { port: number; path: string };
  /** Annotations of its pods. */
  annotations?: Labels;
  /** What is this agent's own of its pods. */
  pod: Pick<k8s.types.input.core.v1.PodSpec, "containers" | "volumes"> &
    Partial<k8s.types.input.core.v1.PodSpec>;
}

/** Where an agent is made. */
export interface AgentPlace {
  /** Name of its namespace, once that is there. */
  namespace: pulumi.Output<string>;
  labels: Labels;
}

/** Makes the namespace of an agent. Pods of others' may not do there what its own do in any other. */
export function agentNamespace(
  { name, component, args, namespace }: Pick<NodeAgentSpec, "name" | "component" | "args" | "namespace">,
  parent: pulumi.Resource,
): AgentPlace {
  const identity = { application: component, instance: name, component };
  const made = new k8s.core.v1.Namespace(
    `${name}-namespace`,
    {
      metadata: {
        name: namespace,
        // Directories of nodes are refused below this level.
        labels: { ...standardLabels(identity), "pod-security.kubernetes.io/enforce": "privileged" },
        annotations: ownedAcrossLives(),
      },
    },
    // Whoever logs in by a Secret in it has made that by hand.
    retained(parent, DataPolicy.Retain, args.retainingProvider),
  );
  return { namespace: made.metadata.name, labels: standardLabels(identity, args.labels) };
}

/** Makes the DaemonSet of an agent, its NetworkPolicy, and what the Prometheus operator finds it by. */
export function nodeAgent(
  spec: NodeAgentSpec,
  { namespace, labels }: AgentPlace,
  parent: pulumi.Resource,
): void {
  const { name, component, args, metrics, annotations, pod } = spec;
  const identity = { application: component, instance: name, component };
  const selector = selectorLabels(identity);
  new k8s.apps.v1.DaemonSet(
    name,
    {
      metadata: { name, namespace, labels },
      spec: {
        selector: { matchLabels: selector },
        updateStrategy: {
          type: "RollingUpdate",
          rollingUpdate: { maxUnavailable: countOrShare(args.maxUnavailable ?? "10%") },
        },
        template: {
          metadata: {
            labels: standardLabels(identity),
            annotations: { ...scrapeAnnotations(args.monitoring, metrics), ...annotations },
          },
          spec: {
            ...onNodes(args),
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            priorityClassName: args.priorityClassName,
            imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
            ...pod,
          },
        },
      },
    },
    { parent },
  );
  const shared = { name, namespace, labels, parent };
  scrapedNetworkPolicy({
    ...shared,
    selector,
    port: metrics.port,
    scrapers: args.monitoring?.scrapers ?? [],
  });
  const { podMonitor: monitor } = args.monitoring ?? {};
  if (monitor === undefined || monitor.enabled === false) return;
  podMonitor({ ...shared, labels: { ...labels, ...monitor.labels } }, selector, [
    { port: METRICS_PORT_NAME, path: metrics.path, interval: monitor.interval },
  ]);
}

/** Wherever a database may be told to run. Which taints keep pods away is the databases' affair. */
function onNodes({
  nodeLabels = {},
}: NodeAgentArgs): Pick<k8s.types.input.core.v1.PodSpec, "affinity" | "nodeSelector" | "tolerations"> {
  const matchExpressions = Object.entries(nodeLabels).map(([key, values]) => ({
    key,
    operator: "In",
    values,
  }));
  return {
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ operator: "Exists" }],
    ...(matchExpressions.length === 0
      ? {}
      : {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
            },
          },
        }),
  };
}

/** A number, which Kubernetes does not take as a text, or a share. */
function countOrShare(text: string): number | string {
  return text.endsWith("%") ? text : Number(text);
}
