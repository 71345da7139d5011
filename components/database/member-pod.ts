import { CLAIM_TEMPLATE_NAME } from "../protocol/names";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  agentContainer,
  agentMounts,
  agentVolumes,
  engineCommand,
  handOverBeforeStop,
  readinessProbe,
  tlsMount,
} from "../agents/agent-container";
import { credentialsVolume } from "../agents/credentials-volume";
import { resticContainer, resticMount, resticVolume } from "../backup/restic-container";
import type { Port } from "../protocol/topology";
import type { Spread } from "./args";
import type { DatabaseBase } from "./base";
import { containerResources, TEMPORARY_FILES } from "./container-resources";
import { hugePagesResources } from "./huge-pages";
import type { ResolvedArgs } from "./engine";
import { exporterContainer, exporterMount, exporterVolume } from "./exporter";
import { podMounts, podVariables, podVolumes, sidecars } from "./pod-parts";
import { containerSecurityContext } from "./pod-security";

type Container = k8s.types.input.core.v1.Container;
type PodSpec = k8s.types.input.core.v1.PodSpec;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** What an engine says of its members' pods; the rest is the same for all. */
export interface EnginePod {
  /** Name of the server's container. */
  name: string;
  image: pulumi.Input<string>;
  /** User and group that everything in the pod runs as. */
  userId: number;
  /** Time that the engine may take to stop, in seconds, before it is killed. */
  terminationGracePeriodSeconds: number;
  /** The server's program with its arguments, run as the agent orders. */
  command: string[];
  /** @default none */
  env?: k8s.types.input.core.v1.EnvVar[];
  /** The server's, beside those of the Services. @default none */
  ports?: Port[];
  /** Where the replica's volume, a directory in memory for sockets, and the settings are mounted. */
  paths: { volume: string; run: string; config: string };
  /** In place of a volume: the most that a directory of the node's disk may hold, which goes with the pod. @default a volume */
  withoutVolume?: { mebibytes: number };
  settings: {
    configMap: pulumi.Input<string>;
    /** Its key with what the server is told. */
    file: string;
    /** Its keys with names of users and databases, for the agent. */
    names: string[];
    /** Whether the server reads the file as well; the agent does, to compare. */
    readByServer: boolean;
  };
  /** Whether members must be spread evenly over zones. @default as far as they can be */
  overZones?: Spread;
  /** What else the agent mounts. @default nothing */
  agentMounts?: VolumeMount[];
  /** What else the server mounts. @default nothing */
  mounts?: VolumeMount[];
  /** The volumes behind those mounts, where the pod has not got them. @default none */
  volumes?: k8s.types.input.core.v1.Volume[];
}

/** The pod of a member: agent and server, and their volumes beside the replica's own. */
export function memberPod(
  database: string,
  args: ResolvedArgs,
  base: DatabaseBase,
  pod: EnginePod,
): Pick<PodSpec, "initContainers" | "containers" | "volumes"> {
  const { paths, settings } = pod;
  const shared = [
    { name: CLAIM_TEMPLATE_NAME, mountPath: paths.volume },
    { name: "run", mountPath: paths.run },
  ];
  const config = { name: "config", mountPath: paths.config, readOnly: true };
  const { configMap, file, names } = settings;
  const restores = base.backup?.restores === true;
  return {
    initContainers: [
      ...(restores ? [resticContainer(base.backup?.backup.image)] : []),
      agentContainer({
        database,
        engine: base.engine,
        graceSeconds: pod.terminationGracePeriodSeconds,
        image: args.agentImage,
        dataPolicy: args.dataPolicy,
        mounts: [
          ...shared,
          config,
          ...(base.backup?.mounts ?? []),
          ...(restores ? [resticMount] : []),
          ...(base.exporter ? [exporterMount] : []),
          ...(pod.agentMounts ?? []),
        ],
      }),
    ],
    containers: [
      serverContainer(args, base.ports, pod, [
        ...shared,
        ...agentMounts,
        tlsMount,
        ...(settings.readByServer ? [config] : []),
      ]),
      ...(base.exporter ? [exporterContainer(base.exporter)] : []),
      ...sidecars(args.pod),
    ],
    volumes: [
      ...agentVolumes(base.agentConfigMap, base.certificate.secretName),
      { name: "config", configMap: { name: configMap, items: [{ key: file, path: file }] } },
      credentialsVolume(base.credentials, configMap, base, names, { database, keepsUsers: base.keepsUsers }),
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: TEMPORARY_FILES } },
      ...(pod.withoutVolume
        ? [{ name: CLAIM_TEMPLATE_NAME, emptyDir: { sizeLimit: `${pod.withoutVolume.mebibytes}Mi` } }]
        : []),
      ...(base.backup?.volumes ?? []),
      ...(restores ? [resticVolume] : []),
      ...(base.exporter ? [exporterVolume] : []),
      ...(pod.volumes ?? []),
      ...podVolumes(args.pod),
    ],
  };
}

function serverContainer(
  { resources, hugePages, pod: own }: ResolvedArgs,
  ports: Port[],
  pod: EnginePod,
  mounts: VolumeMount[],
): Container {
  return {
    name: pod.name,
    image: pod.image,
    command: engineCommand(...pod.command),
    env: [...podVariables(own), { name: "STATEFUL_VOLUME", value: pod.paths.volume }, ...(pod.env ?? [])],
    ports: [...ports, ...(pod.ports ?? [])].map(({ name, port }) => ({ name, containerPort: port })),
    resources: containerResources(resources, pod.withoutVolume?.mebibytes, hugePagesResources(hugePages)),
    securityContext: containerSecurityContext(),
    readinessProbe,
    lifecycle: handOverBeforeStop,
    volumeMounts: [...mounts, { name: "tmp", mountPath: "/tmp" }, ...(pod.mounts ?? []), ...podMounts(own)],
  };
}
