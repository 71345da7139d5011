import type * as pulumi from "@pulumi/pulumi";
import type { RetainingProvider } from "../common/retention";
import type { ResourcesArgs } from "../database/args";
import type { PodMonitorArgs, ScrapingArgs } from "../monitoring/args";

/** How the figures of a node agent itself are found and reached. */
export interface NodeAgentMonitoringArgs extends ScrapingArgs {
  /** By what the Prometheus operator finds its pods. @default none */
  podMonitor?: PodMonitorArgs;
}

/** What every node agent takes: a DaemonSet, a pod on each node. */
export interface NodeAgentArgs {
  /** Image. @default the official one */
  image?: pulumi.Input<string>;
  /** Secrets in the agent's namespace that the image is pulled with. @default none */
  imagePullSecrets?: pulumi.Input<string>[];
  /** Processor and memory of each pod. Memory is the limit as well. @default see each */
  resources?: ResourcesArgs;
  /** A PriorityClass that the cluster has, so that a full node gives up others first. @default none */
  priorityClassName?: pulumi.Input<string>;
  /** Labels that a node must have, each with its allowed values. Taints keep no pod away. @default every node that runs Linux */
  nodeLabels?: Record<string, pulumi.Input<string>[]>;
  /** How many nodes may be without their pod during an update: a number, or a share such as `10%`. @default 10% */
  maxUnavailable?: string;
  /** How its own figures are found and reached. @default annotations for Prometheus, and a NetworkPolicy that admits nobody */
  monitoring?: NodeAgentMonitoringArgs;
  /** More labels for every object but pods. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find the namespace again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** A Secret in the agent's namespace. It must be there; nothing makes it, and no file holds what is in it. */
export interface LogCredentialsArgs {
  /**
   * Name of the Secret, with the keys `username` and `password`, or `token` for one that is sent as `Authorization: Bearer …`;
   * of a bucket, `access-key-id` and `secret-access-key`.
   */
  existingSecret: string;
  /** Whether the Secret has a `token`, and not `username` and `password`. Not every receiver takes one. @default false */
  token?: boolean;
}

/** What all receivers have that are reached by HTTP. */
export interface LogEndpointArgs {
  /** Where it is, `https://host[:port][/path]`; `http://` only for one that asks for no credentials. */
  url: string;
  /** What it is logged in with: this, or `anonymous`. @default none */
  credentials?: LogCredentialsArgs;
  /** Whether it takes lines from anybody. @default false */
  anonymous?: boolean;
  /** A Secret in the agent's namespace whose key `ca.crt` has the authority of its certificate. @default those that everybody trusts */
  caSecret?: string;
}

/** OpenSearch, and what takes the same requests. */
export interface LogOpenSearchArgs extends LogEndpointArgs {
  /** What its indices are called: `<index>-<year>.<month>.<day>`, one a day. @default stateful */
  index?: string;
}

/** Grafana's Loki. */
export interface LogLokiArgs extends LogEndpointArgs {
  /** The tenant, where it has several. @default none */
  tenant?: string;
}

/** A bucket of an S3-compatible store. It must be there; nothing makes it. */
export interface LogS3Args {
  /** Name of the bucket. */
  bucket: string;
  /** Where in the bucket: names before each object's, with `/` between them. @default stateful-logs */
  prefix?: string;
  /** Region that requests are signed for. @default us-east-1 */
  region?: string;
  /** Address of the store, for instance `https://s3.acme:9000`. @default that of Amazon S3 in the region */
  endpoint?: string;
  /** A Secret in the agent's namespace whose key `ca.crt` has the authority of the endpoint's certificate. @default those that everybody trusts */
  caSecret?: string;
  /** The account that writes: this or `identity`. @default none */
  credentials?: LogCredentialsArgs;
  /** `pod`: the role that the cluster gives the pods' ServiceAccount, which is called as the agent, by EKS Pod Identity or its web identity. @default none */
  identity?: string;
}

/** Where lines are sent: exactly one of these. */
export interface LogDestinationArgs {
  /** The collector's own output: to try it, or for a collector of the cluster's that looks there. @default false */
  stdout?: boolean;
  /** OpenSearch. */
  openSearch?: LogOpenSearchArgs;
  /** Loki. */
  loki?: LogLokiArgs;
  /** A bucket. */
  s3?: LogS3Args;
  /** Anything else that takes JSON by HTTP. */
  http?: LogEndpointArgs;
}

/**
 * How the lines of one kind of container are read. Patterns are in the words that the regular expressions of JavaScript and of Ruby
 * have in common.
 */
export interface LogFormatArgs {
  /** Name of the container, in whatever pod. */
  container: string;
  /** What the first line of an entry begins with, without `^`; lines that do not are more of the entry before. @default each line is an entry */
  firstLine?: string;
  /** What an entry begins with, after `^`, each field to be had of it as a group with its name: `level`, `component`, `code`, … @default no field */
  fields?: string;
}

/** Fluent Bit on every node: it sends on what the pods of a namespace write to their output. */
export interface LogCollectionArgs extends NodeAgentArgs {
  /** Where lines are sent. */
  to: LogDestinationArgs;
  /** Namespace of the pods whose output is sent: all of them. */
  podNamespace: pulumi.Input<string>;
  /** Databases in it: lines of their members have the field `database`. @default none */
  databases?: string[];
  /** Applications in it: lines of their pods have the field `application`. @default none */
  applications?: string[];
  /** How lines are read, by containers; the engines' are exported as `…_LOGS`. @default as they are */
  formats?: pulumi.Input<LogFormatArgs>[];
  /**
   * What may wait on each node's disk while the receiver is away, from 64Mi to 16Gi; then the oldest goes. It is below
   * `/var/lib/stateful/<namespace>`, beside how far each file has been read. @default 512Mi
   */
  buffer?: string;
  /** Namespace to create and to run in, not that of the pods: it lets its pods mount directories of the node. @default stateful-logs */
  namespace?: string;
}

/** Prometheus' node-exporter on every node. */
export interface NodeMonitoringArgs extends NodeAgentArgs {
  /**
   * Whether there are figures of the node's network interfaces and connections, too. Its pods then have the node's network: port 9100
   * is open on each of the node's addresses, whatever NetworkPolicies say. @default false
   */
  network?: boolean;
  /** Namespace to create and to run in, not that of databases: it lets its pods mount directories of the node. @default stateful-nodes */
  namespace?: string;
}

/** The same, with what must be known before the run. */
export interface KnownLogCollectionArgs extends Omit<LogCollectionArgs, "formats"> {
  formats?: LogFormatArgs[];
}
