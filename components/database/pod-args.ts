import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../common/variables";

// What a database's members have in their pods beside what makes them members. Apart from the arguments that every database has, since
// most have none of it.

/** A volume that containers of a pod may mount. Exactly one of the four says what is in it. */
export interface PodVolumeArgs {
  /** Name, by which containers mount it. */
  name: string;
  /** A ConfigMap of the namespace. */
  configMap?: pulumi.Input<string>;
  /** A Secret of the namespace. */
  secret?: pulumi.Input<string>;
  /** A claim of the namespace. All replicas share it, so that it must be one for many nodes (ReadWriteMany, ReadOnlyMany). */
  claim?: pulumi.Input<string>;
  /** A directory that is empty when the pod begins and goes with it: the most that it holds, for instance `256Mi`. */
  size?: string;
}

/** Where a container has a volume of the pod. */
export interface PodMountArgs {
  /** Name of one of the pod's `volumes`. */
  volume: string;
  /** Where it is. For the server: below `/mnt/`, where nothing of its own is. */
  path: string;
  /** Whether it may only be read. @default true for a ConfigMap or a Secret, else false */
  readOnly?: boolean;
}

/**
 * One more container in each member's pod: what ships logs or figures elsewhere. It has nothing of the server's: neither its data, nor its
 * passwords, nor the way to the Kubernetes API. It ends when the pod is told to stop, before the server has; one that does not end then
 * keeps the pod until `terminationGracePeriodSeconds` are over. While it does not run the pod is not ready, and an update waits.
 */
export interface SidecarArgs {
  /** Name of the container. */
  name: string;
  /** Container image. */
  image: pulumi.Input<string>;
  /** What is run. @default the image's own */
  command?: string[];
  /** Arguments of that. @default the image's own */
  args?: string[];
  /** Environment variables. @default none */
  env?: Record<string, pulumi.Input<string>>;
  /** Environment variables from Secrets of the namespace. @default none */
  secretEnv?: Record<string, SecretKeyArgs>;
  /** Volumes of the pod that it has. @default none, and a file system that it cannot write to */
  mounts?: PodMountArgs[];
  /** Processors that are reserved. @default 50m */
  cpu?: string;
  /** Memory that is reserved, and the limit as well. @default 128Mi */
  memory?: string;
  /** User that it runs as. @default the server's */
  userId?: number;
}

/** What the members' pods have beside what makes them members. A change restarts them, one after the other. */
export interface PodArgs {
  /** PriorityClass of the pods: who goes first where a node has no room for all. @default the cluster's default */
  priorityClassName?: pulumi.Input<string>;
  /** RuntimeClass of the pods. @default the nodes' own runtime */
  runtimeClassName?: pulumi.Input<string>;
  /** Who places the pods. @default the cluster's scheduler */
  schedulerName?: pulumi.Input<string>;
  /** More labels of the pods, for cost, policies or monitoring. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** More annotations of the pods alone. @default none */
  annotations?: Record<string, pulumi.Input<string>>;
  /** More environment variables of the server, `TZ` for instance. Those that it is run by are refused. @default none */
  env?: Record<string, pulumi.Input<string>>;
  /** More environment variables of the server, from Secrets of the namespace. @default none */
  secretEnv?: Record<string, SecretKeyArgs>;
  /** Volumes that containers may mount. @default none */
  volumes?: PodVolumeArgs[];
  /** Those that the server has, below `/mnt/`. @default none */
  mounts?: PodMountArgs[];
  /** More containers. @default none */
  sidecars?: SidecarArgs[];
}
