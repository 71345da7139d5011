import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { selectorLabels, standardLabels } from "../common/labels";
import { Problems } from "../common/problems";
import { DataPolicy, ownedAcrossLives, retained } from "../common/retention";
import { applicationNetworkPolicy, closedNetworkPolicy } from "../network/network-policy";
import { externalService } from "../network/services";
import type { ApplicationVolumeArgs, StatelessAppArgs } from "./args";
import { checkStatelessApp } from "./checks";
import { checkKnown, type NamedConnection, withConnections } from "./connections";
import { applicationCronJob } from "./cron-job";
import { applicationDeployment } from "./deployment";
import { applicationPod } from "./pod";

type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

/**
 * A Deployment with its Service: the other half of a stateful system, whose pods are interchangeable. With a schedule a CronJob in
 * its place, whose pods come at their times and end by themselves.
 *
 * Its pods take a database's connection from the outputs of its component and from its Secret. An update
 * never goes below the wanted number of replicas; a drain takes one at a time.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class StatelessApp extends pulumi.ComponentResource {
  /** DNS name of the Service; absent where there is no port. */
  readonly host?: pulumi.Output<string>;
  /** Port of the Service; absent where there is no port. */
  readonly port?: pulumi.Output<number>;

  constructor(name: string, args: StatelessAppArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkStatelessApp(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:StatelessApp", name, {}, opts);

    const identity = { application: name, instance: name, component: "application" };
    const labels = standardLabels(identity, args.labels);
    const selector = selectorLabels(identity);
    const { namespace } = args;

    const claim = args.volume && applicationClaim(name, args.volume, args, labels, this);
    const service = { name, labels, selector, parent: this };
    if (args.port !== undefined) {
      const port = applicationService(service, args, args.port);
      this.host = pulumi.interpolate`${port.name}.${namespace}.svc`;
      this.port = pulumi.output(port.port);
    } else closedNetworkPolicy({ ...service, namespace });

    const template = podOf(name, args, (connections) =>
      applicationPod(args, connections, labels, selector, claim?.metadata.name),
    );
    if (args.schedule === undefined) {
      applicationDeployment({
        ...{ name, args, labels, selector, template },
        hasVolume: claim !== undefined,
        parent: this,
      });
    } else {
      applicationCronJob({ ...{ name, namespace, labels, template }, schedule: args.schedule, parent: this });
    }

    this.registerOutputs({ host: this.host, port: this.port });
  }
}

/** Makes the Service of an application, leads to it from outside where that is wanted, and admits to its port alone. */
function applicationService(
  own: {
    name: string;
    labels: Record<string, pulumi.Input<string>>;
    selector: Record<string, string>;
    parent: pulumi.Resource;
  },
  { namespace, annotations, servicePort = 80, exposure }: StatelessAppArgs,
  port: number,
): { name: pulumi.Output<string>; port: number } {
  const { name, labels, selector, parent } = own;
  const ports = [{ name: "http", port: servicePort }];
  const service = new k8s.core.v1.Service(
    `${name}-service`,
    {
      metadata: { name, namespace, labels, annotations },
      spec: {
        type: "ClusterIP",
        selector,
        ports: ports.map((one) => ({ ...one, targetPort: one.name })),
      },
    },
    { parent },
  );
  externalService({ name, namespace, labels, annotations, ports, parent }, exposure, selector);
  applicationNetworkPolicy({ ...own, namespace, port, exposure });
  return { name: service.metadata.name, port: servicePort };
}

/** Makes a pod, at once where its connections are known. Another program's outputs are known later, and checked then. */
function podOf(
  name: string,
  args: StatelessAppArgs,
  make: (connections: NamedConnection[]) => PodTemplate,
): pulumi.Input<PodTemplate> {
  return withConnections(args, (connections) => {
    const problems = new Problems(name);
    checkKnown(args, connections, problems);
    problems.throwIfAny();
    return make(connections);
  });
}

function applicationClaim(
  name: string,
  volume: ApplicationVolumeArgs,
  { namespace, retainingProvider }: StatelessAppArgs,
  labels: Record<string, pulumi.Input<string>>,
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
