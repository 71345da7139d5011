import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_IMAGES } from "../common/images";
import { knownItems } from "../common/outputs";
import { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { replaceable } from "../common/retention";
import { containerResources } from "../database/container-resources";
import { containerSecurityContext } from "../database/pod-security";
import type { KnownLogCollectionArgs, LogCollectionArgs } from "./args";
import { checkLogCollection } from "./checks";
import { CA_PATH, type Destination, destinationOf } from "./destinations";
import { FLUENT_BIT_PORT, fluentBitConfig, POD_LOGS, STATE } from "./fluent-bit";
import { agentNamespace, METRICS_PORT_NAME, nodeAgent } from "./node-agent";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Namespace of a collector that names none. */
export const LOGS_NAMESPACE = "stateful-logs";
/** What waits on a node's disk, where nothing is said. */
export const LOGS_BUFFER = "512Mi";

const CONFIG_PATH = "/etc/fluent-bit";
const CONFIG_FILE = "fluent-bit.yaml";

/**
 * Fluent Bit on every node, tainted ones too: what the pods of a namespace write to their output is sent to one receiver, with whose it is.
 *
 * How far each file was read, and what the receiver has not taken, is kept on the node's disk: what was written while
 * receiver or network were away arrives later, up to the size of `buffer`, and what a receiver took without an answer arrives twice. A
 * namespace of its own, which is kept by `destroy`; no rights in the cluster's API.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class LogCollection extends pulumi.ComponentResource {
  /** Namespace of the DaemonSet, where the Secrets must be that it names. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: LogCollectionArgs, opts?: pulumi.ComponentResourceOptions) {
    const known = { ...args, formats: knownItems(args.formats ?? [], name, "formats") };
    const problems = new Problems(name);
    checkLogCollection(name, known, problems);
    problems.throwIfAny();
    super("stateful:index:LogCollection", name, {}, opts);

    const namespaceName = args.namespace ?? LOGS_NAMESPACE;
    const agent = { name, component: "log-collection", args, namespace: namespaceName };
    const place = agentNamespace(agent, this);
    const { namespace, labels } = place;
    const destination = destinationOf(args.to, {
      directory: STATE,
      bytes: parseBytes(args.buffer ?? LOGS_BUFFER) ?? 0,
    });
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace, labels },
        immutable: true,
        data: {
          [CONFIG_FILE]: pulumi.output(args.podNamespace).apply((of) => configOf(of, known, destination)),
        },
      },
      replaceable(this),
    );
    // It may do nothing. A cloud gives its role to it, by its name.
    const account =
      args.to.s3?.identity === undefined
        ? undefined
        : new k8s.core.v1.ServiceAccount(
            `${name}-account`,
            { metadata: { name, namespace, labels }, automountServiceAccountToken: false },
            { parent: this },
          );
    nodeAgent(
      {
        ...agent,
        metrics: { port: FLUENT_BIT_PORT, path: "/api/v2/metrics/prometheus" },
        pod: {
          ...(account ? { serviceAccountName: account.metadata.name } : {}),
          ...collectorPod(args, namespaceName, destination, config.metadata.name),
        },
      },
      place,
      this,
    );

    this.namespace = namespace;
    this.registerOutputs({ namespace });
  }
}

function configOf(
  namespace: string,
  { databases = [], applications = [], formats = [] }: KnownLogCollectionArgs,
  destination: Destination,
): string {
  return fluentBitConfig({ namespace, databases, applications, formats, destination });
}

function collectorPod(
  args: LogCollectionArgs,
  namespace: string,
  { variables, caSecret }: Destination,
  configMap: pulumi.Input<string>,
): Pick<PodSpec, "containers" | "volumes"> & Partial<PodSpec> {
  const { cpu = "50m", memory = "192Mi", cpuLimit } = args.resources ?? {};
  return {
    // What is under way is sent, or stays on the disk.
    terminationGracePeriodSeconds: 30,
    // The kubelet's files, and directories that it makes, are root's: without any capability, that is all it may do with the node.
    securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "fluent-bit",
        image: args.image ?? DEFAULT_IMAGES.logCollection,
        command: ["/fluent-bit/bin/fluent-bit", `--config=${CONFIG_PATH}/${CONFIG_FILE}`],
        env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }, ...variables],
        ports: [{ name: METRICS_PORT_NAME, containerPort: FLUENT_BIT_PORT }],
        resources: containerResources({ cpu, memory, cpuLimit }),
        securityContext: containerSecurityContext(),
        // Not whether the receiver takes anything: to start again would not help that.
        livenessProbe: {
          httpGet: { path: "/api/v1/uptime", port: METRICS_PORT_NAME },
          periodSeconds: 10,
          failureThreshold: 6,
        },
        volumeMounts: [
          { name: "config", mountPath: CONFIG_PATH, readOnly: true },
          { name: "pods", mountPath: POD_LOGS, readOnly: true },
          { name: "state", mountPath: STATE },
          ...(caSecret === undefined ? [] : [{ name: "ca", mountPath: CA_PATH, readOnly: true }]),
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: configMap } },
      { name: "pods", hostPath: { path: POD_LOGS, type: "Directory" } },
      { name: "state", hostPath: { path: `/var/lib/stateful/${namespace}`, type: "DirectoryOrCreate" } },
      ...(caSecret === undefined
        ? []
        : [{ name: "ca", secret: { secretName: caSecret, items: [{ key: "ca.crt", path: "ca.crt" }] } }]),
    ],
  };
}
