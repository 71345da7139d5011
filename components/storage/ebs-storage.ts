import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { standardLabels } from "../common/labels";
import { Problems } from "../common/problems";
import { createKmsKey, installCsiDriver, type UsableKeys } from "./ebs-aws";
import { checkGp3 } from "./ebs-limits";
import { checkTags, tagParameters } from "./ebs-tags";

/** The EKS add-on that makes EBS volumes. */
export interface CsiDriverArgs {
  /** Whether to install the add-on `aws-ebs-csi-driver` with its IAM role. @default false: it is there already */
  install?: boolean;
  /** Name of the EKS cluster. Needed with `install`. */
  clusterName?: string;
  /** Version of the add-on, for instance `v1.48.0-eksbuild.1`. @default what EKS holds for the cluster's version */
  addonVersion?: string;
}

/** EBS volumes. */
export interface EbsStorageArgs {
  /** Name of the class to create. @default ebs-gp3 */
  className?: string;
  /** IOPS of each volume, 3,000 to 80,000. @default 3,000, what gp3 includes */
  iops?: number;
  /** Throughput of each volume in MiB/s, 125 to 2,000 and at most a quarter of the IOPS. @default 125 */
  throughput?: number;
  /** Whether volumes are encrypted. @default true (the driver's own default is not) */
  encrypted?: boolean;
  /** ARN of the KMS key that encrypts. @default the account's default key for EBS */
  kmsKeyId?: pulumi.Input<string>;
  /** Whether to create a KMS key, rotated yearly, and use it. Excludes `kmsKeyId`. @default false */
  createKmsKey?: boolean;
  /**
   * Whether IOPS and throughput are set by a VolumeAttributesClass, which can be changed for volumes in
   * use. Needs Kubernetes 1.34. @default false: they are parameters of the class, fixed for its lifetime
   */
  volumeAttributesClass?: boolean;
  /** Whether to create a VolumeSnapshotClass. Needs the snapshot CRDs in the cluster. @default false */
  snapshotClass?: boolean;
  /**
   * Tags of each volume, and of each snapshot of the class made here, to tell costs apart by. They are parameters of the class, fixed for its
   * lifetime. @default the driver's own alone
   */
  tags?: Record<string, string>;
  /** Zones that volumes may be made in. @default wherever the pod runs */
  zones?: pulumi.Input<string>[];
  /** More labels for the classes. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** The CSI driver. @default not installed by us */
  csiDriver?: CsiDriverArgs;
  /** Whether replacing or deleting the class is refused. @default true */
  deletionProtection?: boolean;
}

/**
 * Amazon EBS: a gp3 StorageClass whose volumes are encrypted, made where the pod runs, can grow and are
 * kept when their claim goes.
 *
 * @throws InvalidArgsError for IOPS or throughput that gp3 does not have, for tags that EC2 does not take, for two keys, for an add-on
 * without a cluster.
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
 */
export class EbsStorage extends pulumi.ComponentResource {
  /** Name of the class. */
  readonly storageClassName: pulumi.Output<string>;
  /** Name of the VolumeAttributesClass, where one was asked for. */
  readonly volumeAttributesClassName: pulumi.Output<string | undefined>;
  /** Name of the VolumeSnapshotClass, where one was asked for. */
  readonly volumeSnapshotClassName: pulumi.Output<string | undefined>;

  constructor(name: string, args: EbsStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkEbs(args, problems);
    problems.throwIfAny();
    super(
      "stateful:index:EbsStorage",
      name,
      {},
      pulumi.mergeOptions({ protect: args.deletionProtection ?? true }, opts),
    );

    const identity = { application: "ebs-storage", instance: name, component: "storage" };
    const labels = standardLabels(identity, args.labels);
    const className = args.className ?? DEFAULT_EBS_CLASS_NAME;
    const kmsKey = args.createKmsKey ? createKmsKey(name, this) : undefined;
    const driver = args.csiDriver?.install
      ? installCsiDriver(name, { ...args.csiDriver, usableKeys: usableKeys(name, args) }, this)
      : undefined;
    const afterDriver: pulumi.CustomResourceOptions = { parent: this, dependsOn: driver ? [driver] : [] };
    const performance = {
      ...(args.iops === undefined ? {} : { iops: String(args.iops) }),
      ...(args.throughput === undefined ? {} : { throughput: String(args.throughput) }),
    };

    const storageClass = new k8s.storage.v1.StorageClass(
      `${name}-class`,
      {
        metadata: { name: className, labels },
        provisioner: DRIVER,
        parameters: {
          type: "gp3",
          "csi.storage.k8s.io/fstype": "ext4",
          encrypted: String(args.encrypted ?? true),
          ...keyParameter(kmsKey?.arn ?? args.kmsKeyId),
          ...(args.volumeAttributesClass ? {} : performance),
          ...tagParameters(args.tags),
        },
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
        reclaimPolicy: "Retain",
        allowedTopologies: args.zones && [
          { matchLabelExpressions: [{ key: "topology.kubernetes.io/zone", values: args.zones }] },
        ],
      },
      afterDriver,
    );

    const attributesClass = args.volumeAttributesClass
      ? new k8s.storage.v1.VolumeAttributesClass(
          `${name}-attributes`,
          {
            // Its parameters are immutable too: other figures are another class, and the claims move to it.
            metadata: { name: [className, args.iops, args.throughput].filter(Boolean).join("-"), labels },
            driverName: DRIVER,
            parameters: { type: "gp3", ...performance },
          },
          pulumi.mergeOptions(afterDriver, { protect: false }),
        )
      : undefined;

    const snapshotClass = args.snapshotClass
      ? new k8s.apiextensions.CustomResource(
          `${name}-snapshots`,
          {
            apiVersion: "snapshot.storage.k8s.io/v1",
            kind: "VolumeSnapshotClass",
            metadata: { name: className, labels },
            driver: DRIVER,
            deletionPolicy: "Retain",
            ...(args.tags === undefined ? {} : { parameters: tagParameters(args.tags) }),
          },
          afterDriver,
        )
      : undefined;

    this.storageClassName = storageClass.metadata.name;
    this.volumeAttributesClassName = pulumi.output(attributesClass?.metadata.name);
    this.volumeSnapshotClassName = pulumi.output(snapshotClass?.metadata.name);
    this.registerOutputs({
      storageClassName: this.storageClassName,
      volumeAttributesClassName: this.volumeAttributesClassName,
      volumeSnapshotClassName: this.volumeSnapshotClassName,
    });
  }
}

const DRIVER = "ebs.csi.aws.com";

/** The class of EBS volumes, where none is named. */
export const DEFAULT_EBS_CLASS_NAME = "ebs-gp3";

/** Finds what is wrong with the arguments of `EbsStorage`. */
export function checkEbs(args: EbsStorageArgs, problems: Problems): void {
  checkGp3(args, problems);
  checkTags(args.tags, problems);
  if (args.createKmsKey && args.kmsKeyId !== undefined) {
    problems.add("kmsKeyId", {
      allowed: "either kmsKeyId or createKmsKey",
      fix: "remove createKmsKey to use that key, or kmsKeyId to have one made",
    });
  }
  if ((args.createKmsKey || args.kmsKeyId !== undefined) && args.encrypted === false) {
    problems.add("encrypted", {
      value: false,
      allowed: "true where a KMS key is given",
      fix: "remove the key, or encrypted: false",
    });
  }
  if (args.csiDriver?.install && !args.csiDriver.clusterName) {
    problems.add("csiDriver.clusterName", {
      value: args.csiDriver.clusterName,
      allowed: "the name of the EKS cluster, when install is true",
      fix: "add clusterName, or remove install if the driver is there already",
    });
  }
}

function usableKeys(name: string, args: EbsStorageArgs): UsableKeys | undefined {
  if (args.createKmsKey) return { madeFor: name };
  return args.kmsKeyId === undefined ? undefined : { arn: args.kmsKeyId };
}

function keyParameter(arn: pulumi.Input<string> | undefined): Record<string, pulumi.Input<string>> {
  return arn === undefined ? {} : { kmsKeyId: arn };
}
