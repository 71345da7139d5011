import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { variablesOf } from "../common/variables";
import { Spread } from "../database/args";
import { containerResources, TEMPORARY_FILES } from "../database/container-resources";
import { scheduling } from "../database/scheduling";
import { clientLabels } from "../network/network-policy";
import type { HttpProbeArgs, InitContainerArgs, StatelessAppArgs } from "./args";
import { connectionVariables, connectionVolumes, type NamedConnection } from "./connections";

type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;
type Probe = k8s.types.input.core.v1.Probe;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** The pod of an application. */
export function applicationPod(
  args: StatelessAppArgs,
  connections: readonly NamedConnection[],
  labels: Record<string, pulumi.Input<string>>,
  selector: Record<string, string>,
  claimName: pulumi.Input<string> | undefined,
): k8s.types.input.core.v1.PodTemplateSpec {
  const { volume, userId, port } = args;
  const authorities = connectionVolumes(connections);
  const volumes: Volume[] = [
    { name: "tmp", emptyDir: { sizeLimit: TEMPORARY_FILES } },
    ...authorities.volumes,
  ];
  const volumeMounts: VolumeMount[] = [{ name: "tmp", mountPath: "/tmp" }, ...authorities.mounts];
  if (volume && claimName !== undefined) {
    volumes.push({ name: "files", persistentVolumeClaim: { claimName } });
    volumeMounts.push({ name: "files", mountPath: volume.mountPath });
  }
  const affinity = { spread: Spread.Preferred, ...args.affinity };
  const clients = connections.map(({ connection: { clientOf } }) =>
    clientOf === undefined ? {} : clientLabels(clientOf),
  );
  const shared = { databases: connectionVariables(connections, args), volumeMounts };
  return {
    metadata: {
      labels: Object.assign({ ...labels }, ...clients) as typeof labels,
      annotations: args.annotations,
    },
    spec: {
      ...scheduling({ affinity, zones: args.zones, tolerations: args.tolerations }, selector),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Each try of a run has a pod of its own, whose log stays.
      ...(args.schedule === undefined ? {} : { restartPolicy: "Never" }),
      imagePullSecrets: args.imagePullSecrets?.map((name) => ({ name })),
      securityContext: {
        runAsNonRoot: true,
        ...(userId === undefined ? {} : { runAsUser: userId, runAsGroup: userId, fsGroup: userId }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(args.initContainers === undefined
        ? {}
        : { initContainers: args.initContainers.map((one) => initContainer(one, args, shared)) }),
      containers: [
        {
          ...container("application", args, args, shared),
          ...(port === undefined ? {} : { ports: [{ name: "http", containerPort: port }] }),
          ...(port === undefined ? {} : probes(args.probe)),
          // Endpoints are withdrawn while the pod stops: without the pause, late requests are refused.
          ...(port === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: 5 } } } }),
        },
      ],
      volumes,
    },
  };
}

/** What all containers of the pod have. */
interface Shared {
  /** Variables of `env` may refer to those before them. */
  databases: EnvVar[];
  volumeMounts: VolumeMount[];
}

function initContainer(own: InitContainerArgs, args: StatelessAppArgs, shared: Shared): Container {
  const { env, secretEnv } = args;
  const merged = {
    env: { ...without(env, own.secretEnv), ...own.env },
    secretEnv: { ...without(secretEnv, own.env), ...own.secretEnv },
  };
  return container(own.name, { image: args.image, ...own, ...merged }, args, shared);
}

function without<T>(all: Record<string, T> = {}, others: Record<string, unknown> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !(name in others)));
}

function container(
  name: string,
  own: Pick<StatelessAppArgs, "image" | "command" | "args" | "env" | "secretEnv" | "resources">,
  { resources, writableRootFilesystem }: StatelessAppArgs,
  { databases, volumeMounts }: Shared,
): Container {
  const { cpu = "100m", memory = "128Mi", cpuLimit } = own.resources ?? resources ?? {};
  return {
    name,
    image: own.image,
    ...(own.command === undefined ? {} : { command: own.command }),
    args: own.args,
    env: [...databases, ...variablesOf(own)],
    resources: containerResources({ cpu, memory, cpuLimit }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: !writableRootFilesystem,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts,
  };
}

function probes(
  http: HttpProbeArgs | undefined,
): Record<"startupProbe" | "livenessProbe" | "readinessProbe", Probe> {
  const check = (path: string | undefined): Probe =>
    path === undefined ? { tcpSocket: { port: "http" } } : { httpGet: { path, port: "http" } };
  const periodSeconds = http?.periodSeconds ?? 5;
  return {
    startupProbe: { ...check(http?.path), periodSeconds: 1, failureThreshold: http?.startupSeconds ?? 300 },
    readinessProbe: { ...check(http?.path), periodSeconds, failureThreshold: 2 },
    livenessProbe: { ...check(http?.livenessPath), periodSeconds, failureThreshold: 6 },
  };
}
