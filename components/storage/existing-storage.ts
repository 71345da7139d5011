import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A storage class that somebody else made. */
export interface ExistingStorageArgs {
  /** Name of the class. @default the cluster's default class, whichever that is */
  className?: string;
}

/**
 * Storage of a class that the cluster already has: GKE, AKS, Portworx, Longhorn, Ceph, or kind's default.
 *
 * Makes nothing. A class that is named is read, so that one which does not exist is an error at preview.
 */
export class ExistingStorage extends pulumi.ComponentResource {
  /** Name of the class; undefined for the cluster's default class. */
  readonly storageClassName: pulumi.Output<string | undefined>;
  /** Whether the class lets volumes grow; true for the default class, where only the cluster knows. */
  readonly expandable: pulumi.Output<boolean>;

  constructor(name: string, args: ExistingStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:ExistingStorage", name, {}, opts);
    const { className } = args;
    const existing =
      className === undefined
        ? undefined
        : k8s.storage.v1.StorageClass.get(`${name}-class`, className, { parent: this });
    this.storageClassName = pulumi.output(className);
    this.expandable = existing
      ? existing.allowVolumeExpansion.apply((allowed: boolean | undefined) => allowed ?? false)
      : pulumi.output(true);
    this.registerOutputs({ storageClassName: this.storageClassName, expandable: this.expandable });
  }
}
