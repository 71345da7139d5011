import type * as pulumi from "@pulumi/pulumi";

/** How a database is reached from outside the cluster. */
export enum ExposureType {
  /** Not at all. */
  None = "none",
  /** By a port of the node that the primary runs on. */
  NodePort = "nodePort",
  /** By a load balancer of the cloud, or of MetalLB and the like. */
  LoadBalancer = "loadBalancer",
}

/** Exposure of the primary beyond the cluster. */
export interface ExposureArgs {
  /** Kind of exposure. @default none */
  type?: ExposureType;
  /** Blocks of addresses that may connect, for instance `203.0.113.0/24`. Needed for any exposure. */
  sourceRanges?: pulumi.Input<string>[];
  /** Annotations of the Service, for the load balancer's controller. @default none */
  annotations?: Record<string, pulumi.Input<string>>;
  /** Port of the node, 30000 to 32767. Only with `nodePort`. @default chosen by the cluster */
  nodePort?: number;
}

/** Who may connect from inside the cluster. The given fields must all match. */
export interface ClientArgs {
  /** Labels of the client's pods. @default any pod of the namespace */
  podLabels?: Record<string, pulumi.Input<string>>;
  /** Name of the client's namespace. @default the database's own */
  namespace?: pulumi.Input<string>;
  /** A block of addresses instead, for what does not run in the cluster. Excludes the other two. */
  cidr?: pulumi.Input<string>;
}
