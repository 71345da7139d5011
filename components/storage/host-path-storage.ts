import { claimName } from "../protocol/names";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { standardLabels } from "../common/labels";
import { knownItems } from "../common/outputs";
import {
  type RetainingProvider,
  type DataPolicy,
  ownedAcrossLives,
  replaceable,
  retained,
} from "../common/retention";
import { NodeStorage } from "./node-storage";
import { spreadOverNodes } from "./placement";

/** The volumes that one database needs on the nodes. */
export interface HostPathDatabaseArgs {
  /** Name of the database's StatefulSet. */
  name: string;
  /** Namespace of the database's claims. */
  namespace: pulumi.Input<string>;
  /** How many volumes, one for each replica. At most as many as there are nodes. */
  replicas: number;
  /** Size of each volume as a Kubernetes quantity. The scheduler is told; the file system does not enforce it. */
  storage: string;
  /** User that owns the directory: the one that the database runs as. */
  userId: number;
  /** Nodes of the replicas, in the order of the ordinals. @default spread by the database's name */
  nodes?: string[];
  /** What becomes of the PersistentVolumes when they leave the program. Directories always stay. @default retain */
  dataPolicy?: DataPolicy;
  /** Size of one more volume, with a claim `<name>-scratch`, that full copies are made on before they are stored. @default none */
  scratch?: string;
}

/** Directories on nodes as volumes. */
export interface HostPathStorageArgs {
  /** Name of the class to create. @default manual, as in the tutorials */
  className?: string;
  /** Directory on every node below which the volumes live, for instance `/mnt/data`. */
  path: string;
  /** Names of the nodes that hold volumes (their `kubernetes.io/hostname`). */
  nodes: string[];
  /** The databases whose replicas need a volume. */
  databases: pulumi.Input<HostPathDatabaseArgs>[];
  /**
   * Whether `path` must be the mount point of a disk. A node whose disk is not mounted then gets no
   * directory, instead of an empty one on its system disk. @default false
   */
  requireMount?: boolean;
  /** Namespace of the DaemonSet that makes the directories; it is created. @default stateful-storage */
  nodeStorageNamespace?: string;
  /** Image of that DaemonSet: any with a POSIX shell, awk, df and du. @default busybox */
  nodeStorageImage?: string;
  /** Secrets in that namespace that this image is pulled with. @default none */
  nodeStoragePullSecrets?: string[];
  /** More labels for every object but pods. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find retained volumes again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** The class of the tutorials. */
export const DEFAULT_CLASS_NAME = "manual";

/**
 * Bare metal: a class without a provisioner and one `local` PersistentVolume for each replica, bound to its
 * claim beforehand and tied to its node.
 *
 * `local` and not `hostPath`: the scheduler knows where the data is, and fsGroup is honoured. Kubernetes
 * makes no directory for it, so `NodeStorage` does.
 *
 * @see https://kubernetes.io/docs/concepts/storage/volumes/#local
 */
export class HostPathStorage extends pulumi.ComponentResource {
  /** Name of the class. */
  readonly storageClassName: pulumi.Output<string>;
  /** Names of the PersistentVolumes. */
  readonly volumeNames: pulumi.Output<string[]>;

  constructor(name: string, args: HostPathStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    const databases = knownItems(args.databases, name, "databases");
    super("stateful:index:HostPathStorage", name, {}, opts);

    const storageClass = new k8s.storage.v1.StorageClass(
      `${name}-class`,
      {
        metadata: { name: args.className ?? DEFAULT_CLASS_NAME, labels: storageLabels(name, args.labels) },
        provisioner: "kubernetes.io/no-provisioner",
        volumeBindingMode: "WaitForFirstConsumer",
        reclaimPolicy: "Retain",
      },
      { parent: this },
    );

    /** It holds nothing between two copies, so it goes with the stack. */
    const scratchOf = (database: HostPathDatabaseArgs) => {
      if (database.scratch === undefined) return [];
      const { namespace, scratch: storage, userId } = database;
      const claim = scratchClaimName(database.name);
      const path = pulumi.interpolate`${namespace}/${claim}`;
      const [node = ""] = spreadOverNodes(database.name, 1, args.nodes, database.nodes);
      const labels = storageLabels(database.name, args.labels);
      const accessModes = ["ReadWriteOnce"];
      const volume = new k8s.core.v1.PersistentVolume(
        `${name}-${claim}`,
        {
          metadata: { name: pulumi.interpolate`${namespace}-${claim}`, labels },
          spec: {
            storageClassName: storageClass.metadata.name,
            capacity: { storage },
            accessModes,
            persistentVolumeReclaimPolicy: "Retain",
            claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: claim },
            local: { path: pulumi.interpolate`${args.path}/${path}` },
            nodeAffinity: onlyOn(node),
          },
        },
        replaceable(this),
      );
      new k8s.core.v1.PersistentVolumeClaim(
        `${name}-${claim}-claim`,
        {
          // It is bound when the first copy is made.
          metadata: { name: claim, namespace, labels, annotations: { "pulumi.com/skipAwait": "true" } },
          spec: {
            accessModes,
            storageClassName: storageClass.metadata.name,
            volumeName: volume.metadata.name,
            resources: { requests: { storage } },
          },
        },
        replaceable(this),
      );
      return [{ node: nodeOf(volume), path, userId }];
    };

    const volumes = databases.flatMap((database) =>
      spreadOverNodes(database.name, database.replicas, args.nodes, database.nodes).map((node, ordinal) => {
        const claim = claimName(database.name, ordinal);
        const directory = pulumi.interpolate`${database.namespace}/${claim}`;
        const volume = new k8s.core.v1.PersistentVolume(
          `${name}-${database.name}-${ordinal}`,
          {
            metadata: {
              name: pulumi.interpolate`${database.namespace}-${claim}`,
              labels: storageLabels(database.name, args.labels),
              annotations: ownedAcrossLives(),
            },
            spec: {
              storageClassName: storageClass.metadata.name,
              capacity: { storage: database.storage },
              accessModes: ["ReadWriteOnce"],
              persistentVolumeReclaimPolicy: "Retain",
              claimRef: {
                apiVersion: "v1",
                kind: "PersistentVolumeClaim",
                namespace: database.namespace,
                name: claim,
              },
              local: { path: pulumi.interpolate`${args.path}/${directory}` },
              nodeAffinity: onlyOn(node),
            },
          },
          retained(this, database.dataPolicy, args.retainingProvider, {
            // A volume stays on its node when the list of nodes grows. A node that was named for it is
            // not ignored: Kubernetes then refuses the move at preview, since the data would not come along.
            ignoreChanges: database.nodes ? [] : ["spec.nodeAffinity"],
          }),
        );
        return { volume, node: nodeOf(volume), path: directory, userId: database.userId };
      }),
    );

    const scratch = databases.flatMap((database) => scratchOf(database));

    new NodeStorage(
      `${name}-nodes`,
      {
        path: args.path,
        nodes: args.nodes,
        directories: [...volumes, ...scratch].map(({ node, path, userId }) => ({ node, path, userId })),
        requireMount: args.requireMount,
        namespace: args.nodeStorageNamespace,
        image: args.nodeStorageImage,
        imagePullSecrets: args.nodeStoragePullSecrets,
        labels: args.labels,
        retainingProvider: args.retainingProvider as k8s.Provider | undefined,
      },
      { parent: this },
    );

    this.storageClassName = storageClass.metadata.name;
    this.volumeNames = pulumi.all(volumes.map(({ volume }) => volume.metadata.name));
    this.registerOutputs({ storageClassName: this.storageClassName, volumeNames: this.volumeNames });
  }
}

/** Name of the claim of the volume that a database's full copies are made on. */
export function scratchClaimName(database: string): string {
  return `${database}-scratch`;
}

type Labels = Record<string, pulumi.Input<string>>;

function storageLabels(instance: string, extra?: Labels): Labels {
  return standardLabels({ application: "host-path-storage", instance, component: "storage" }, extra);
}

function onlyOn(node: string): k8s.types.input.core.v1.VolumeNodeAffinity {
  return {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
      ],
    },
  };
}

/** Where a volume really is, which for an older one need not be where a new one would go. */
function nodeOf(volume: k8s.core.v1.PersistentVolume): pulumi.Output<string> {
  return volume.spec.apply(
    (spec) => spec.nodeAffinity.required.nodeSelectorTerms[0]?.matchExpressions[0]?.values[0] ?? "",
  );
}
