import type * as pulumi from "@pulumi/pulumi";
import type { RetainingProvider, DataPolicy } from "../common/retention";
import type { BackupArgs, RestoreFromArgs } from "../backup/args";
import type { ExistingSecretArgs } from "../credentials/database-credentials";
import type { MoreDatabaseArgs, UserArgs } from "../credentials/user-args";
import type { MonitoringArgs } from "../monitoring/args";
import type { ClientArgs, ExposureArgs } from "../network/args";
import type { HugePagesArgs } from "./huge-pages";
import type { MaintenanceArgs } from "./maintenance";
import type { StorageGrowthArgs } from "../storage/growth-args";
import type { TlsArgs } from "../tls/args";
import type { FollowArgs } from "./follow-args";
import type { PodArgs } from "./pod-args";

/** Processor and memory of one replica. */
export interface ResourcesArgs {
  /** Processors that are reserved, for instance `500m` or `2`. @default 500m */
  cpu?: string;
  /**
   * Processors that are used at most. Without a limit, idle time of others may be used; a namespace with a quota on
   * `limits.cpu` asks for one. @default no limit
   */
  cpuLimit?: string;
  /** Memory that is reserved, and the limit as well, for instance `2Gi`. @default 1Gi */
  memory?: string;
}

/** Lets pods run on nodes with a taint. */
export interface TolerationArgs {
  /** Key of the taint. @default every key, with operator Exists */
  key?: string;
  /** `Exists` or `Equal`. @default Equal where there is a value, else Exists */
  operator?: string;
  /** Value of the taint. */
  value?: string;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. @default every effect */
  effect?: string;
  /** With NoExecute: seconds that a pod stays. @default it stays */
  tolerationSeconds?: number;
}

/** Whether two replicas may share a node. */
export enum Spread {
  /** Only where there are too few nodes. */
  Preferred = "preferred",
  /** Never: a replica without a node of its own waits. */
  Required = "required",
}

/** Where a commit is, before it is acknowledged. */
export enum Durability {
  /** On the primary's disk, and received by a majority. */
  Majority = "majority",
  /** On the disk of every member that is there. */
  All = "all",
  /** As `majority`, but a primary that has no other member left goes on alone. Not every engine can do that. */
  Preferred = "preferred",
}

/** Where pods run. */
export interface AffinityArgs {
  /** Labels that a node must have, each with its allowed values. @default any node */
  nodeLabels?: Record<string, pulumi.Input<string>[]>;
  /** Whether two replicas may share a node. @default required */
  spread?: Spread;
}

/** What is logged beside what the servers say of themselves. */
export interface LogsArgs {
  /**
   * From which time on a statement counts as slow, for instance `500ms`, `2s` or `1m`; or `off`. Each is one line of JSON in the output of the
   * agent's container, without the values that stand in it. A change restarts nothing. @default the engine's, see its page
   */
  slowQueries?: string;
}

/** What every database takes, whichever its engine. */
export interface DatabaseArgs {
  /** Namespace of all its objects. */
  namespace: pulumi.Input<string>;
  /** Version of the engine. @default the engine's default, see its page */
  version?: string;
  /** Container image. @default the engine's official image of that version */
  image?: pulumi.Input<string>;
  /** Image of the agent: any with Node 20 or newer as `node`. @default the official image of Node 24 */
  agentImage?: pulumi.Input<string>;
  /** ConfigMap with the agent's program, as `AgentBundle` makes it, to be shared. @default one of the database's own */
  agentConfigMap?: pulumi.Input<string>;
  /** Secrets in the namespace that the images are pulled with. @default none */
  imagePullSecrets?: pulumi.Input<string>[];
  /** Number of replicas: an odd one, so that a majority is clear. @default 1 */
  replicas?: number;
  /** Size of each replica's volume, for instance `20Gi`. May grow later, never shrink. @default 10Gi */
  storage?: string;
  /**
   * Whether volumes grow by themselves before they are full, and how far. Their class must let volumes grow. What they have grown to stays, and
   * a later deployment does not ask for less. @default they do not: `storage` is raised by hand
   */
  storageGrowth?: StorageGrowthArgs;
  /** Storage class of the volumes. @default the cluster's default class */
  storageClassName?: pulumi.Input<string>;
  /** Whether that class lets volumes grow; otherwise growth is refused at preview. @default left to Kubernetes */
  storageExpandable?: pulumi.Input<boolean>;
  /** VolumeAttributesClass of the volumes. @default none */
  volumeAttributesClassName?: pulumi.Input<string>;
  /** Processor and memory of each replica. @default 500m and 1Gi */
  resources?: ResourcesArgs;
  /**
   * Huge pages of each replica, for what its server shares among its processes: fewer entries of the processor's tables for much memory. Nodes
   * are started with them. Not every engine has that, see its page. @default none, and the server is told to look for none
   */
  hugePages?: HugePagesArgs;
  /** Settings of the engine, over ours. Those that the component needs for itself are refused. @default none */
  settings?: Record<string, string>;
  /**
   * Where a commit is, before it is acknowledged. `all` also survives that the power fails on all nodes at once and
   * the primary's disk does not come back; a commit then takes as long as on the slowest member. @default majority
   */
  durability?: Durability;
  /** The servers' certificate, and who must use TLS. @default a certificate of an authority of the database's own */
  tls?: TlsArgs;
  /** Name of the database that is created at first start. @default app */
  database?: string;
  /** User that is created at first start, with all rights on that database. @default app */
  username?: string;
  /**
   * Users beside that one, by their names: made, given other rights and passwords, and removed only where it is said (`absent`). Each logs
   * in by a Secret of its own, `<name>-login.<user>`. Not every engine has that, see its page. @default none
   */
  users?: Record<string, UserArgs>;
  /** Databases beside `database`, by their names. @default none */
  databases?: Record<string, MoreDatabaseArgs>;
  /**
   * SQL that the database begins with, in `database`: texts of one or more statements, each sent by itself, in this order. It runs once, when
   * the database is made, before anybody is let in; where a statement fails there is no database, and `status` says which. Later changes are
   * not run. It is no place for passwords. Not with data that comes from elsewhere, and not every engine has that, see its page. @default none
   */
  initSql?: string[];
  /** Password of that user, a secret. @default generated */
  password?: pulumi.Input<string>;
  /** Password of the engine's administrator, a secret. @default generated */
  adminPassword?: pulumi.Input<string>;
  /** A Secret with both passwords, instead of one of ours. @default none */
  existingSecret?: ExistingSecretArgs;
  /** Any text; another one makes new passwords, which the servers take over while they run. @default "1" */
  passwordRotation?: string;
  /**
   * Whether the password before the present one is ended, with the connections that may have been opened with it: now,
   * and with each rotation as long as this is set. For one that leaked. It holds for the account of a proxy, too.
   * @default false: it stays valid until the next rotation, so that applications can be changed over one by one
   */
  revokePreviousPassword?: boolean;
  /** A Secret with the passwords that the members use among themselves, whose keys the engine's page names, instead of one of ours. @default one of ours */
  existingMemberSecret?: string;
  /** Any text; another one makes new passwords of the members, which they take over while they run. @default "1" */
  memberPasswordRotation?: string;
  /** Where and how often it is backed up. Not every engine has that, see its page. @default not at all */
  backup?: BackupArgs;
  /**
   * What a new database begins with: what another one's backups hold, from the destination of its own `backup`. Refused for one
   * that exists. @default nothing: it begins empty
   */
  restoreFrom?: RestoreFromArgs;
  /**
   * The database that it is a read-only copy of, until it is promoted. For a new database alone: one that has data of its own keeps it, and
   * says so. Removing it promotes nothing. Not every engine has that, see its page. @default nobody: it has data of its own
   */
  follow?: FollowArgs;
  /**
   * Whether it is stopped: no pod of it runs, and its data, Secrets, Services and names stay. Without it, its members start again with their
   * data. Backups make no copies and drills meanwhile, and delete nothing. Neither `replicas` nor the server's image may change with it.
   * @default false
   */
  paused?: boolean;
  /**
   * When a deployment's changes come to the pods: by the members themselves, one at a time, the primary last, in these windows. What touches
   * no pod comes at once; and a pod that is made anew for another reason is of the wanted kind already. A change of this restarts nothing.
   * @default at once, by Kubernetes, from the highest ordinal down
   */
  maintenance?: MaintenanceArgs;
  /** What becomes of volumes and passwords when the database leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /**
   * Whether Pulumi refuses, already at preview, to delete or replace the database: by `destroy`, by a
   * rename, by a change that Kubernetes does not allow in place. @default true
   */
  deletionProtection?: boolean;
  /**
   * Whether a ValidatingAdmissionPolicy, which is in no namespace, holds the database's own account to what roles cannot.
   * Without it, who takes over a pod of the database can change labels and images of its other pods, and so get past other
   * databases' NetworkPolicies; and can make ConfigMaps. Turn it off where you may make none. @default true
   */
  admissionPolicy?: boolean;
  /** Seconds that a new pod must be ready before the next one is replaced. @default 10 */
  minReadySeconds?: number;
  /** How the primary is reached from outside the cluster. @default not at all */
  exposure?: ExposureArgs;
  /**
   * How the replicas are reached from outside the cluster, for reads. Whoever may reach them reaches them all, and after a failover the
   * member that has become one. Not for an engine whose members are equals: there `exposure` leads to all. @default not at all
   */
  replicasExposure?: ExposureArgs;
  /** Who may connect, beside pods of the namespace with the label `<name>-client: "true"`. @default nobody */
  allowedClients?: ClientArgs[];
  /** How its figures are found and reached. @default annotations for Prometheus, and a NetworkPolicy that admits nobody to them */
  monitoring?: MonitoringArgs;
  /** What its servers' statements are logged for. @default slow ones, from a time on that its page names */
  logs?: LogsArgs;
  /** Taints that the pods tolerate. @default none */
  tolerations?: TolerationArgs[];
  /** Nodes that the pods may run on. @default any, each replica on its own */
  affinity?: AffinityArgs;
  /** Zones that the pods run in, spread evenly. @default any */
  zones?: pulumi.Input<string>[];
  /** More labels for every object but the pods, which a change would restart. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** More annotations for every pod and Service. A change restarts the pods. @default none */
  annotations?: Record<string, pulumi.Input<string>>;
  /** More annotations for every Service, over `annotations`. @default none */
  serviceAnnotations?: Record<string, pulumi.Input<string>>;
  /** Annotations of the members' ServiceAccount: a cloud's role for what the server itself does there. @default none */
  serviceAccountAnnotations?: Record<string, pulumi.Input<string>>;
  /** What the members' pods have beside what makes them members: priority, labels, variables, volumes, more containers. @default nothing */
  pod?: PodArgs;
  /** Provider with `upsertExistingObjects: true`, used for what is retained: without it, `destroy` and `up` again fails. @default the parent's provider */
  retainingProvider?: RetainingProvider;
}
