import * as pulumi from "@pulumi/pulumi";

/** A storage class that somebody else made. */
export interface ExistingStorageArgs {
  /** Name of the class. @default the cluster's default class, whichever that is */
  className?: string;
}

/**
 * Storage of a class that the cluster already has: GKE, AKS, Portworx, Longhorn, Ceph, or kind's default.
 * Makes nothing; it gives the databases the same outputs as the storage that does.
 */
export class ExistingStorage extends pulumi.ComponentResource {
  /** Name of the class; undefined for the cluster's default class. */
  readonly storageClassName: pulumi.Output<string | undefined>;

  constructor(name: string, args: ExistingStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:ExistingStorage", name, {}, opts);
    this.storageClassName = pulumi.output(args.className);
    this.registerOutputs({ storageClassName: this.storageClassName });
  }
}
