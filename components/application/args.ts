import type * as pulumi from "@pulumi/pulumi";
import type { RetainingProvider } from "../common/retention";
import type { SecretKeyArgs } from "../common/variables";
import type { AffinityArgs, ResourcesArgs, TolerationArgs } from "../database/args";
import type { ConnectionArgs } from "../database/connection";
import type { ExposureArgs } from "../network/args";

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

/** A container that runs to its end before the application's begins, in each pod. It has the application's variables and files. */
export interface InitContainerArgs {
  /** Name of the container. */
  name: string;
  /** Container image. @default the application's */
  image?: pulumi.Input<string>;
  /** What is run. @default the image's own */
  command?: string[];
  /** Arguments of that. @default the image's own */
  args?: string[];
  /** Environment variables, over the application's. @default the application's */
  env?: Record<string, pulumi.Input<string>>;
  /** Environment variables from Secrets of the namespace, over the application's. @default the application's */
  secretEnv?: Record<string, SecretKeyArgs>;
  /** Processor and memory. @default the application's */
  resources?: ResourcesArgs;
}

/** What becomes of a run whose time comes while the one before goes on. */
export enum ConcurrencyPolicy {
  /** It waits for the one before, for as long as `startingDeadline` lets it; of several that wait, only the last is made up for. */
  Forbid = "forbid",
  /** The one before is ended. */
  Replace = "replace",
  /** Both run. */
  Allow = "allow",
}

/** How many runs that are over are kept, with their pods and logs. */
export interface ScheduleHistoryArgs {
  /** Runs that did what they were to do. @default 3 */
  succeeded?: number;
  /** Runs that failed. @default 3 */
  failed?: number;
}

/** When an application runs, and what becomes of a run that cannot. */
export interface ScheduleArgs {
  /**
   * Five fields of cron: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`,
   * `@yearly`.
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
   */
  cron: string;
  /** IANA's name of the time zone that the times are of. Times in the hour that it leaves out in spring are left out. @default Etc/UTC */
  timeZone?: string;
  /** What becomes of a run whose time comes while the one before goes on. @default forbid */
  concurrencyPolicy?: ConcurrencyPolicy;
  /** How late a run may begin, from `10s` to `365d`; later it is left out. @default 1h */
  startingDeadline?: string;
  /** How long a run may take with all that is tried again, from `1s` to `365d`; then it is ended, and has failed. @default no limit */
  activeDeadline?: string;
  /**
   * How often a run that failed is tried again, each time in a new pod, after 10 seconds, then 20, 40 and so on, 6 minutes at most. A
   * pod that its node was to give up is not counted. With 0 none is tried again, not even such a one. @default 3
   */
  retries?: number;
  /** How many runs that are over are kept, with their logs. @default 3 of either kind */
  history?: ScheduleHistoryArgs;
  /** Whether no run is to begin. One that goes on is not ended. @default false */
  paused?: boolean;
}

/** An application without data of its own. Its name is the component's. */
export interface StatelessAppArgs {
  /** Namespace of all its objects. */
  namespace: pulumi.Input<string>;
  /** Container image. */
  image: pulumi.Input<string>;
  /** Secrets in the namespace that the image is pulled with. @default none */
  imagePullSecrets?: pulumi.Input<string>[];
  /** Port that the container listens on. @default none: it has no Service and no probes, as a worker that takes its work from elsewhere */
  port?: number;
  /**
   * When it runs: a CronJob makes a pod at these times, which ends by itself. With it there is nothing that only makes sense for what
   * runs all the time: port, replicas, probe, exposure, autoscaling. @default it runs all the time
   */
  schedule?: ScheduleArgs;
  /** Port of the Service. @default 80 */
  servicePort?: number;
  /** Number of replicas, which autoscaling may change. @default 2 */
  replicas?: number;
  /** What the container runs. @default the image's own */
  command?: string[];
  /** Arguments of the container. @default the image's own */
  args?: string[];
  /**
   * What runs to its end before the container begins, one after the other, in each pod: waiting for something, or a schema's
   * migration that may run twice. @default nothing
   */
  initContainers?: InitContainerArgs[];
  /** Environment variables. `$(DATABASE_HOST)` and the like stand for those of the connection. @default none */
  env?: Record<string, pulumi.Input<string>>;
  /** Environment variables from Secrets of the namespace. @default none */
  secretEnv?: Record<string, SecretKeyArgs>;
  /** Connection to a database: its `connection`. @default none */
  connection?: pulumi.Input<ConnectionArgs>;
  /**
   * Connections to more databases, each by the first part of its variables: `{ STOCK: stock.connection }` gives `STOCK_HOST`,
   * `STOCK_CA` and the like. What drivers read by themselves (`NODE_EXTRA_CA_CERTS`, `PGSSLROOTCERT`) is that of `connection`, or of the
   * first of these. @default none
   */
  connections?: Record<string, pulumi.Input<ConnectionArgs>>;
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
  zones?: pulumi.Input<string>[];
  /** More labels for every object. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** More annotations for the pods and the Service. @default none */
  annotations?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find the volume again. @default the parent's */
  retainingProvider?: RetainingProvider;
}
