import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { disruptionBudget } from "../database/disruption-budget";
import type { StatelessAppArgs } from "./args";

/** What an application's Deployment is made of. */
export interface DeploymentSpec {
  name: string;
  args: StatelessAppArgs;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, string>;
  /** Whether its pods have a volume. */
  hasVolume: boolean;
  template: pulumi.Input<k8s.types.input.core.v1.PodTemplateSpec>;
  parent: pulumi.Resource;
}

/** Makes the Deployment of an application that runs all the time, what scales it, and what drains must leave of it. */
export function applicationDeployment(spec: DeploymentSpec): void {
  const { name, args, labels, selector, hasVolume, template, parent } = spec;
  const { namespace, autoscaling } = args;
  const replicas = args.replicas ?? 2;
  const deployment = new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name, namespace, labels },
      spec: {
        // The autoscaler owns the number where there is one.
        ...(autoscaling ? {} : { replicas }),
        selector: { matchLabels: selector },
        // A volume for one pod at a time must be let go before the next pod can have it.
        strategy: hasVolume
          ? { type: "Recreate" }
          : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template,
      },
    },
    { parent },
  );
  if (autoscaling) {
    const { minReplicas = replicas, maxReplicas, targetCpuPercent = 70 } = autoscaling;
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-autoscaler`,
      {
        metadata: { name, namespace, labels },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
          minReplicas,
          maxReplicas,
          metrics: [
            {
              type: "Resource",
              resource: {
                name: "cpu",
                target: { type: "Utilization", averageUtilization: targetCpuPercent },
              },
            },
          ],
        },
      },
      { parent },
    );
  }
  disruptionBudget(name, autoscaling?.minReplicas ?? replicas, { namespace, labels }, selector, parent);
}
