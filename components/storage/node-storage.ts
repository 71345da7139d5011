import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_IMAGES } from "../common/images";
import { selectorLabels, standardLabels } from "../common/labels";
import { containerResources } from "../database/container-resources";
import { closedNetworkPolicy } from "../network/network-policy";
import {
  type RetainingProvider,
  DataPolicy,
  ownedAcrossLives,
  replaceable,
  retained,
} from "../common/retention";

/** A directory that must be on a node. */
export interface NodeDirectoryArgs {
  /** Name of the node. */
  node: pulumi.Input<string>;
  /** Path below the volume directory. */
  path: pulumi.Input<string>;
  /** User and group that own it. */
  userId: number;
}

/** Directories on nodes. */
export interface NodeStorageArgs {
  /** The volume directory on every node, for instance `/mnt/data`. */
  path: string;
  /** Nodes that hold volumes. */
  nodes: string[];
  /** The directories to make. */
  directories: pulumi.Input<NodeDirectoryArgs>[];
  /** Whether `path` must be the mount point of a disk for a directory to be made. @default false */
  requireMount?: boolean;
  /** Namespace to create and to run in. @default stateful-storage */
  namespace?: string;
  /** Image with a POSIX shell, awk, df and du. @default busybox */
  image?: string;
  /** Secrets in that namespace that the image is pulled with. @default none */
  imagePullSecrets?: pulumi.Input<string>[];
  /** Seconds between two looks at the directories, which is also how often their use is logged. @default 60 */
  intervalSeconds?: number;
  /** More labels for every object but pods. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find the namespace again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/**
 * A DaemonSet on the nodes that hold volumes. It makes each volume's directory for the user of the database
 * and logs, every minute, how much of it is used (`volume=… usedKiB=… freeKiB=…`).
 *
 * It never removes or changes a directory that is there. It runs as root with the one right to change
 * owners, in a namespace apart from the databases'. Nothing may connect to it.
 */
export class NodeStorage extends pulumi.ComponentResource {
  /** Namespace of the DaemonSet. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: NodeStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:NodeStorage", name, {}, opts);
    const identity = { application: "node-storage", instance: name, component: "storage" };
    const standard = standardLabels(identity);
    const labels = standardLabels(identity, args.labels);

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: args.namespace ?? "stateful-storage",
          // hostPath volumes are refused below this level.
          labels: { ...standard, "pod-security.kubernetes.io/enforce": "privileged" },
          annotations: ownedAcrossLives(),
        },
      },
      retained(this, DataPolicy.Retain, args.retainingProvider),
    );

    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace: namespace.metadata.name, labels },
        immutable: true,
        data: {
          "node-storage.sh": readFileSync(join(__dirname, "scripts", "node-storage.sh"), "utf8"),
          directories: pulumi
            .all(args.directories.map((directory) => pulumi.output(directory)))
            .apply((all) => all.map(({ node, path, userId }) => `${node} ${path} ${userId}\n`).join("")),
        },
      },
      replaceable(this),
    );

    new k8s.apps.v1.DaemonSet(
      name,
      {
        metadata: { name: "node-storage", namespace: namespace.metadata.name, labels },
        spec: {
          selector: { matchLabels: selectorLabels(identity) },
          template: {
            metadata: { labels: standard },
            spec: {
              affinity: {
                nodeAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerms: [
                      {
                        matchExpressions: [
                          { key: "kubernetes.io/hostname", operator: "In", values: args.nodes },
                        ],
                      },
                    ],
                  },
                },
              },
              // Wherever a database may be told to run, its directory must be made.
              tolerations: [{ operator: "Exists" }],
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
              containers: [nodeStorageContainer(args)],
              volumes: [
                {
                  name: "volumes",
                  hostPath: { path: args.path, type: args.requireMount ? "Directory" : "DirectoryOrCreate" },
                },
                { name: "config", configMap: { name: config.metadata.name } },
              ],
            },
          },
        },
      },
      { parent: this },
    );

    closedNetworkPolicy({
      name: "node-storage",
      namespace: namespace.metadata.name,
      labels,
      selector: selectorLabels(identity),
      parent: this,
    });

    this.namespace = namespace.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}

const ROOT = "/volumes";

function nodeStorageContainer(args: NodeStorageArgs): k8s.types.input.core.v1.Container {
  return {
    name: "node-storage",
    image: args.image ?? DEFAULT_IMAGES.nodeStorage,
    command: ["/bin/sh", "/etc/stateful/node-storage.sh"],
    env: [
      { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: "ROOT", value: ROOT },
      { name: "DIRECTORIES", value: "/etc/stateful/directories" },
      { name: "REQUIRE_MOUNT", value: String(args.requireMount ?? false) },
      { name: "INTERVAL_SECONDS", value: String(args.intervalSeconds ?? 60) },
    ],
    resources: containerResources({ cpu: "10m", memory: "32Mi", cpuLimit: "500m" }),
    securityContext: {
      runAsUser: 0,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      // Owners are changed, and directories that belong to a database are looked into.
      capabilities: { drop: ["ALL"], add: ["CHOWN", "DAC_OVERRIDE", "FOWNER"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: "volumes", mountPath: ROOT },
      { name: "config", mountPath: "/etc/stateful", readOnly: true },
    ],
  };
}
