import type * as pulumi from "@pulumi/pulumi";
import type { RetainingProvider } from "../common/retention";
import type { AffinityArgs, ResourcesArgs, TolerationArgs } from "../database/args";
import type { ConnectionArgs } from "../database/connection";
import type { ExposureArgs } from "../network/args";

/** One value of a Secret. */
export interface SecretKeyArgs {
  /** Name of the Secret. */
  secretName: pulumi.Input<string>;
  /** Key in the Secret. */
  key: string;
}

/** How the number of replicas follows the load. */
export interface AutoscalingArgs {
  /** Least number of replicas. @default the application's `replicas` */
  minReplicas?: number;
  /** Greatest number of replicas. */
  maxReplicas: number;
  /** Use of the reserved processor time that is aimed at, in percent. @default 70 */
  targetCpuPercent?: number;
}

/** A volume for an application that keeps files. */
export interface ApplicationVolumeArgs {
  /** Where it is mounted. */
  mountPath: string;
  /** Size, for instance `5Gi`. */
  storage: string;
  /** Storage class. @default the cluster's default class */
  storageClassName?: pulumi.Input<string>;
  /** Access mode. With more than one replica it must be ReadWriteMany. @default ReadWriteOnce */
  accessMode?: string;
}

/** HTTP checks of an application. */
export interface HttpProbeArgs {
  /** Path that answers with a status below 400 when the application can serve; while it does not, no request comes. */
  path: string;
  /**
   * Path that answers with a status below 400 unless a restart would help. It must not ask the database: that would
   * restart every replica when the database is away. @default whether the port can be connected to
   * @see https://kubernetes.io/docs/concepts/workloads/pods/probes/
   */
  livenessPath?: string;
  /** Seconds between two checks. @default 5 */
  periodSeconds?: number;
  /** Seconds that an application may take to start. @default 300 */
  startupSeconds?: number;
}

/** An application without data of its own. Its name is the component's. */
export interface StatelessAppArgs {
  /** Namespace of all its objects. */
  namespace: pulumi.Input<string>;
  /** Container image. */
  image: pulumi.Input<string>;
  /** Secrets in the namespace that the image is pulled with. @default none */
  imagePullSecrets?: string[];
  /** Port that the container listens on. */
  port: number;
  /** Port of the Service. @default 80 */
  servicePort?: number;
  /** Number of replicas, which autoscaling may change. @default 2 */
  replicas?: number;
  /** Arguments of the container. @default the image's own */
  args?: string[];
  /** Environment variables. `$(DATABASE_HOST)` and the like stand for those of the connection. @default none */
  env?: Record<string, string>;
  /** Environment variables from Secrets of the namespace. @default none */
  secretEnv?: Record<string, SecretKeyArgs>;
  /** Connection to a database: its `connection`. @default none */
  connection?: ConnectionArgs;
  /** First part of the connection's variables `…_HOST`, `…_PORT`, `…_NAME`, `…_USER`, `…_PASSWORD`, `…_CA`, and `…_REPLICAS_HOST` and the like. @default DATABASE */
  connectionPrefix?: string;
  /** Processor and memory of each replica. @default 100m and 128Mi */
  resources?: ResourcesArgs;
  /** HTTP checks. @default whether the port can be connected to */
  probe?: HttpProbeArgs;
  /** Scaling by load. @default none */
  autoscaling?: AutoscalingArgs;
  /** A volume. @default none */
  volume?: ApplicationVolumeArgs;
  /** User that the container runs as. Needed for an image whose user is root or named. @default the image's own, which must not be root */
  userId?: number;
  /** Whether the container may write to its own file system, beside /tmp. @default false */
  writableRootFilesystem?: boolean;
  /** How the application is reached from outside the cluster. @default not at all */
  exposure?: ExposureArgs;
  /** Taints that the pods tolerate. @default none */
  tolerations?: TolerationArgs[];
  /** Nodes that the pods may run on. @default any, replicas apart from each other where possible */
  affinity?: AffinityArgs;
  /** Zones that the pods run in. @default any */
  zones?: string[];
  /** More labels for every object. @default none */
  labels?: Record<string, string>;
  /** More annotations for the pods and the Service. @default none */
  annotations?: Record<string, string>;
  /** Provider with `upsertExistingObjects: true`, to find the volume again. @default the parent's */
  retainingProvider?: RetainingProvider;
}
