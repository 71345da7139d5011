import type * as k8s from "@pulumi/kubernetes";

/** Processor and memory of a container, with every default filled in. */
export interface ContainerResources {
  cpu: string;
  memory: string;
  /** @default no limit */
  cpuLimit?: string;
}

/**
 * What a container may take of its node's own disk: its log, which the kubelet rotates, and a few small files. What needs
 * much room lies on the replica's volume. A pod that takes more is evicted, before it fills the node for all others.
 *
 * @see https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
 */
const NODE_DISK = { request: "64Mi", limitMebibytes: 1024 };

/** The most that a directory for small temporary files may hold. */
export const TEMPORARY_FILES = "256Mi";

/**
 * The requests and limits of a container. Memory that was not reserved would be taken from a neighbour's page cache.
 *
 * @param directory - size of a directory of the node's disk that stands in for a volume, MiB
 * @param more - of what Kubernetes takes no other limit than the request: huge pages
 */
export function containerResources(
  { cpu, memory, cpuLimit }: ContainerResources,
  directory = 0,
  more: Record<string, string> = {},
): k8s.types.input.core.v1.ResourceRequirements {
  const { limitMebibytes: limit } = NODE_DISK;
  return {
    requests: { cpu, memory, "ephemeral-storage": NODE_DISK.request, ...more },
    limits: {
      memory,
      "ephemeral-storage": directory === 0 ? `${limit / 1024}Gi` : `${limit + directory}Mi`,
      ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }),
      ...more,
    },
  };
}
