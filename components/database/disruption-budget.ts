import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * At most one voluntary disruption (a drain, an upgrade of the nodes) at a time. None at one replica: it could
 * only block every drain, and save nothing.
 */
export function disruptionBudget(
  name: string,
  replicas: number,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, pulumi.Input<string>> },
  memberSelector: Record<string, string>,
  parent: pulumi.Resource,
): k8s.policy.v1.PodDisruptionBudget | undefined {
  if (replicas === 1) return undefined;
  return new k8s.policy.v1.PodDisruptionBudget(
    `${name}-disruption-budget`,
    {
      metadata: { name, ...metadata },
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: memberSelector },
        // A pod that is not ready anyway must not keep its node from being drained.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    },
    { parent },
  );
}
