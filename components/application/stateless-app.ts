import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { selectorLabels, standardLabels } from "../common/labels";
import { Problems } from "../common/problems";
import { DataPolicy, ownedAcrossLives, retained } from "../common/retention";
import { disruptionBudget } from "../database/disruption-budget";
import { applicationNetworkPolicy } from "../network/network-policy";
import { externalService } from "../network/services";
import type { ApplicationVolumeArgs, StatelessAppArgs } from "./args";
import { checkStatelessApp } from "./checks";
import { applicationPod } from "./pod";

/**
 * A Deployment with its Service: the other half of a stateful system, whose pods are interchangeable.
 *
 * Its replicas take a database's connection from the outputs of its component and from its Secret. An update
 * never goes below the wanted number of replicas; a drain takes one at a time.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class StatelessApp extends pulumi.ComponentResource {
  /** DNS name of the Service. */
  readonly host: pulumi.Output<string>;
  /** Port of the Service. */
  readonly port: pulumi.Output<number>;

  constructor(name: string, args: StatelessAppArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkStatelessApp(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:StatelessApp", name, {}, opts);

    const identity = { application: name, instance: name, component: "application" };
    const labels = standardLabels(identity, args.labels);
    const selector = selectorLabels(identity);
    const { namespace } = args;
    const replicas = args.replicas ?? 2;

    const claim = args.volume && applicationClaim(name, args.volume, args, labels, this);
    const servicePort = args.servicePort ?? 80;
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name, namespace, labels, annotations: args.annotations },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [{ name: "http", port: servicePort, targetPort: "http" }],
        },
      },
      { parent: this },
    );
    externalService(
      {
        name,
        namespace,
        labels,
        annotations: args.annotations,
        ports: [{ name: "http", port: servicePort }],
        parent: this,
      },
      args.exposure,
      selector,
    );
    applicationNetworkPolicy({
      name,
      namespace,
      labels,
      selector,
      port: args.port,
      exposure: args.exposure,
      parent: this,
    });

    const deployment = new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { name, namespace, labels },
        spec: {
          // The autoscaler owns the number where there is one.
          ...(args.autoscaling ? {} : { replicas }),
          selector: { matchLabels: selector },
          // A volume for one pod at a time must be let go before the next pod can have it.
          strategy: claim
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: applicationPod(args, labels, selector, claim?.metadata.name),
        },
      },
      { parent: this },
    );
    if (args.autoscaling) {
      const { minReplicas = replicas, maxReplicas, targetCpuPercent = 70 } = args.autoscaling;
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
        { parent: this },
      );
    }
    disruptionBudget(name, args.autoscaling?.minReplicas ?? replicas, { namespace, labels }, selector, this);

    this.host = pulumi.interpolate`${service.metadata.name}.${namespace}.svc`;
    this.port = pulumi.output(servicePort);
    this.registerOutputs({ host: this.host, port: this.port });
  }
}

function applicationClaim(
  name: string,
  volume: ApplicationVolumeArgs,
  { namespace, retainingProvider }: StatelessAppArgs,
  labels: Record<string, string>,
  parent: pulumi.Resource,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    `${name}-files`,
    {
      metadata: {
        name: `${name}-files`,
        namespace,
        labels,
        annotations: { ...ownedAcrossLives(), "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: [volume.accessMode ?? "ReadWriteOnce"],
        storageClassName: volume.storageClassName,
        resources: { requests: { storage: volume.storage } },
      },
    },
    retained(parent, DataPolicy.Retain, retainingProvider),
  );
}
