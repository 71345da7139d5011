import type * as k8s from "@pulumi/kubernetes";

/** Processor and memory of a container, with every default filled in. */
export interface ContainerResources {
  cpu: string;
  memory: string;
  /** @default no limit */
  cpuLimit?: string;
}

/** The requests and limits of a container. Memory that was not reserved would be taken from a neighbour's page cache. */
export function containerResources({
  cpu,
  memory,
  cpuLimit,
}: ContainerResources): k8s.types.input.core.v1.ResourceRequirements {
  return {
    requests: { cpu, memory },
    limits: { memory, ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }) },
  };
}
