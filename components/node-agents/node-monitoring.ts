import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_IMAGES } from "../common/images";
import { Problems } from "../common/problems";
import { containerResources } from "../database/container-resources";
import { containerSecurityContext } from "../database/pod-security";
import type { NodeMonitoringArgs } from "./args";
import { checkNodeMonitoring } from "./checks";
import { agentNamespace, METRICS_PORT_NAME, nodeAgent } from "./node-agent";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Namespace of an exporter that names none. */
export const NODES_NAMESPACE = "stateful-nodes";
/** The exporter's usual port. */
export const EXPORTER_PORT = 9100;

/** Where the node's file systems are mounted, to be looked at. */
const HOST = "/host";
/** Nobody: what everybody may read of the node. */
const USER_ID = 65_534;

/** What a database's speed and life depend on, and what needs no more rights than to read. */
const COLLECTORS = [
  ...["cpu", "diskstats", "filefd", "filesystem", "hwmon", "loadavg", "mdadm", "meminfo", "nvme"],
  ...["os", "pressure", "stat", "time", "timex", "uname", "vmstat"],
];
/** What is of the node only where the pod has the node's network. */
const NETWORK_COLLECTORS = ["conntrack", "netclass", "netdev", "netstat", "sockstat", "softnet"];

/** Mounts of pods and containers: there are thousands, and each volume's use is told by its database's agent. */
const NOT_OF_THE_NODE =
  "^/(dev|proc|sys|run/.+|var/lib/docker/.+|var/lib/containers/.+|var/lib/containerd/.+|var/lib/kubelet/.+)($|/)";

/**
 * Prometheus' node-exporter on every node, tainted ones too: processors, memory, pressure, disks and file systems, those that volumes lie on
 * among them. It reads what everybody on the node may read, as nobody, and writes nothing. A namespace of its own, which is kept by
 * `destroy`; no rights in the cluster's API.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class NodeMonitoring extends pulumi.ComponentResource {
  /** Namespace of the DaemonSet. */
  readonly namespace: pulumi.Output<string>;
  /** Port of each pod that figures are told on. */
  readonly port: pulumi.Output<number>;

  constructor(name: string, args: NodeMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkNodeMonitoring(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:NodeMonitoring", name, {}, opts);

    const agent = {
      name,
      component: "node-monitoring",
      args,
      namespace: args.namespace ?? NODES_NAMESPACE,
    };
    const place = agentNamespace(agent, this);
    nodeAgent(
      { ...agent, metrics: { port: EXPORTER_PORT, path: "/metrics" }, pod: exporterPod(args) },
      place,
      this,
    );

    this.namespace = place.namespace;
    this.port = pulumi.output(EXPORTER_PORT);
    this.registerOutputs({ namespace: this.namespace, port: this.port });
  }
}

function exporterPod(args: NodeMonitoringArgs): Pick<PodSpec, "containers" | "volumes"> & Partial<PodSpec> {
  const { cpu = "50m", memory = "64Mi", cpuLimit } = args.resources ?? {};
  const network = args.network === true;
  const probe = { httpGet: { path: "/", port: METRICS_PORT_NAME }, periodSeconds: 10 };
  return {
    ...(network ? { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" } : {}),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "node-exporter",
        image: args.image ?? DEFAULT_IMAGES.nodeMonitoring,
        args: exporterArgs(network),
        ports: [{ name: METRICS_PORT_NAME, containerPort: EXPORTER_PORT }],
        resources: containerResources({ cpu, memory, cpuLimit }),
        securityContext: containerSecurityContext(),
        livenessProbe: { ...probe, failureThreshold: 6 },
        readinessProbe: probe,
        // Also what is mounted on the node later: a disk that is exchanged.
        volumeMounts: [
          { name: "host", mountPath: HOST, readOnly: true, mountPropagation: "HostToContainer" },
        ],
      },
    ],
    volumes: [{ name: "host", hostPath: { path: "/", type: "Directory" } }],
  };
}

function exporterArgs(network: boolean): string[] {
  return [
    `--web.listen-address=:${EXPORTER_PORT}`,
    `--path.procfs=${HOST}/proc`,
    `--path.sysfs=${HOST}/sys`,
    `--path.rootfs=${HOST}`,
    `--path.udev.data=${HOST}/run/udev/data`,
    "--collector.disable-defaults",
    ...[...COLLECTORS, ...(network ? NETWORK_COLLECTORS : [])].map((one) => `--collector.${one}`),
    `--collector.filesystem.mount-points-exclude=${NOT_OF_THE_NODE}`,
  ];
}
