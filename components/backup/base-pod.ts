import { CLAIM_TEMPLATE_NAME } from "../protocol/names";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  agentContainer,
  agentMounts,
  agentVolumes,
  engineCommand,
  tlsMount,
} from "../agents/agent-container";
import { credentialsVolume } from "../agents/credentials-volume";
import { parseBytes } from "../common/quantity";
import type { DatabaseBase } from "../database/base";
import { containerResources, TEMPORARY_FILES } from "../database/container-resources";
import type { WithVolumes } from "../database/engine";
import type { EnginePod } from "../database/member-pod";
import { podMounts, podVariables, podVolumes } from "../database/pod-parts";
import { containerSecurityContext, podSecurityContext } from "../database/pod-security";
import { clientLabels } from "../network/network-policy";
import { BackupSource } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";
import type { BackupParts } from "./parts";
import { resticContainer, resticMount, resticVolume } from "./restic-container";

type Container = k8s.types.input.core.v1.Container;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Time that a server and an agent have to end when the pod is stopped, s: neither holds anything. */
const GRACE_SECONDS = 30;

/** What such a pod does: a full copy; a restore that is tried; what is due before its time, and no more often than that. */
export type BackupMode = "base" | "drill" | "upkeep";

/** What the pod of a full copy is made of. */
export interface BasePodSpec {
  name: string;
  args: WithVolumes;
  base: DatabaseBase;
  pod: EnginePod;
  parts: BackupParts;
  labels: Record<string, pulumi.Input<string>>;
  serviceAccountName: pulumi.Input<string>;
  mode: BackupMode;
}

/**
 * The pod of a full copy: a server of the database's own image on a volume of its own, and beside it the agent, which has the
 * server copy a member, and stores what it has. It ends with the agent, so the server is what is beside it.
 */
export function basePod(spec: BasePodSpec): PodTemplateSpec {
  const { name, args, base, pod, parts, labels } = spec;
  const { configMap, file, names } = pod.settings;
  return {
    // It reaches the members as their clients do.
    metadata: { labels: { ...labels, ...clientLabels(name) } },
    spec: {
      // A Deployment starts what has ended again; a Job makes a new pod.
      restartPolicy: spec.mode === "upkeep" ? "Always" : "Never",
      serviceAccountName: spec.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
      securityContext: podSecurityContext(pod.userId),
      terminationGracePeriodSeconds: GRACE_SECONDS,
      tolerations: args.tolerations?.map((toleration) => ({
        ...toleration,
        operator: toleration.operator ?? (toleration.value === undefined ? "Exists" : "Equal"),
      })),
      initContainers: [resticContainer(parts.backup.image), scratchServer(spec)],
      containers: [baseAgent(spec)],
      volumes: [
        ...agentVolumes(base.agentConfigMap, base.certificate.secretName),
        { name: "config", configMap: { name: configMap, items: [{ key: file, path: file }] } },
        credentialsVolume(base.credentials, configMap, base, names),
        { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
        { name: "tmp", emptyDir: { sizeLimit: TEMPORARY_FILES } },
        resticVolume,
        scratchVolume(spec),
        ...parts.volumes,
        ...(pod.volumes ?? []),
        ...podVolumes(args.pod),
      ],
    },
  };
}

function limitsOf({ parts }: BasePodSpec): k8s.types.input.core.v1.ResourceRequirements {
  const { cpu, memory } = parts.backup.limits ?? {};
  return containerResources({
    cpu: "100m",
    memory: memory ?? BACKUP_DEFAULTS.memory,
    ...(cpu === undefined ? {} : { cpuLimit: cpu }),
  });
}

function sharedMounts({ paths }: EnginePod): VolumeMount[] {
  return [
    { name: CLAIM_TEMPLATE_NAME, mountPath: paths.volume },
    { name: "run", mountPath: paths.run },
    { name: "config", mountPath: paths.config, readOnly: true },
  ];
}

function scratchServer(spec: BasePodSpec): Container {
  const { args, pod } = spec;
  return {
    name: pod.name,
    image: pod.image,
    restartPolicy: "Always",
    command: engineCommand(...pod.command),
    env: [
      ...podVariables(args.pod),
      { name: "STATEFUL_VOLUME", value: pod.paths.volume },
      ...(pod.env ?? []),
    ],
    resources: limitsOf(spec),
    securityContext: containerSecurityContext(),
    volumeMounts: [
      ...sharedMounts(pod),
      ...agentMounts,
      tlsMount,
      { name: "tmp", mountPath: "/tmp" },
      ...(pod.mounts ?? []),
      // Settings may name files there.
      ...podMounts(args.pod),
    ],
  };
}

function baseAgent(spec: BasePodSpec): Container {
  const { name, args, base, pod, parts, mode } = spec;
  const { backup } = parts;
  const bandwidth = parseBytes(backup.limits?.bandwidth ?? "");
  const { image, command, env, securityContext, volumeMounts } = agentContainer({
    database: name,
    engine: base.engine,
    graceSeconds: GRACE_SECONDS,
    image: args.agentImage,
    dataPolicy: args.dataPolicy,
    mounts: sharedMounts(pod),
  });
  const own = [
    ["STATEFUL_MODE", mode],
    // Nothing is due while there is nobody to copy.
    ...(mode === "upkeep" && args.paused === true ? [["STATEFUL_PAUSED", "true"]] : []),
    ["STATEFUL_BASE_SOURCE", backup.source ?? BackupSource.Replica],
    ...(bandwidth === undefined
      ? []
      : [["STATEFUL_BASE_KIB_PER_SECOND", String(Math.floor(bandwidth / 1024))]]),
  ].map(([key = "", value = ""]) => ({ name: key, value }));
  return {
    name: "agent",
    image,
    command,
    env: [...(env as k8s.types.input.core.v1.EnvVar[]), ...own],
    // Its last words are why the copy failed, for who looks at the pod.
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: limitsOf(spec),
    securityContext,
    volumeMounts: [
      ...(volumeMounts as VolumeMount[]),
      ...parts.mounts,
      resticMount,
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** As large as a replica's, or as that may become, since what is copied lies on it as a whole. */
function scratchVolume({ args, parts }: BasePodSpec): Volume {
  const { claim, size, storageClassName } = parts.backup.scratch ?? {};
  if (claim !== undefined) {
    return { name: CLAIM_TEMPLATE_NAME, persistentVolumeClaim: { claimName: claim } };
  }
  return {
    name: CLAIM_TEMPLATE_NAME,
    ephemeral: {
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: storageClassName ?? args.storageClassName,
          resources: { requests: { storage: size ?? args.storageGrowth?.upTo ?? args.storage } },
        },
      },
    },
  };
}
