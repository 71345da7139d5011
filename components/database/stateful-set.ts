import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { headlessServiceName } from "../network/services";
import { CLAIM_TEMPLATE_NAME } from "../storage/replica-volumes";
import type { DatabaseArgs } from "./args";
import { podSecurityContext } from "./pod-security";
import { scaleGuard } from "./scale-guard";
import { scheduling } from "./scheduling";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** What an engine adds to a StatefulSet that is otherwise the same for all. */
export interface DatabaseStatefulSetArgs {
  /** Name of the database, and so of the StatefulSet. */
  name: string;
  args: DatabaseArgs;
  replicas: number;
  storage: string;
  labels: Record<string, string>;
  podLabels: Record<string, string>;
  /** Selects the pods. */
  memberSelector: Record<string, string>;
  /** User and group that everything in the pod runs as. */
  userId: number;
  /** Time that the engine may take to stop, in seconds, before it is killed. */
  terminationGracePeriodSeconds: number;
  /** ServiceAccount of the agent. */
  serviceAccountName: pulumi.Input<string>;
  initContainers: k8s.types.input.core.v1.Container[];
  containers: k8s.types.input.core.v1.Container[];
  /** Volumes beside the replica's own. */
  volumes: k8s.types.input.core.v1.Volume[];
  /** Claims and Services, which must be there before a pod is. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
  parent: pulumi.Resource;
}

/**
 * The StatefulSet of a database.
 *
 * Pods start in parallel: with OrderedReady, a set whose first pod waits for the others after a full
 * outage would never start. The claim template only names the claims that `ReplicaVolumes` made, and is frozen
 * since Kubernetes does not let it change.
 */
export function databaseStatefulSet(spec: DatabaseStatefulSetArgs): k8s.apps.v1.StatefulSet {
  const { name, args, labels, parent } = spec;
  return new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata: { name, namespace: args.namespace, labels },
      spec: {
        serviceName: headlessServiceName(name),
        replicas: spec.replicas,
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        minReadySeconds: args.minReadySeconds ?? 10,
        revisionHistoryLimit: 5,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: spec.memberSelector },
        template: {
          metadata: { labels: spec.podLabels, annotations: args.annotations },
          spec: podSpec(spec),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: CLAIM_TEMPLATE_NAME },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: args.storageClassName,
              resources: { requests: { storage: spec.storage } },
            },
          },
        ],
      },
    },
    {
      parent,
      dependsOn: spec.dependsOn,
      ignoreChanges: ["spec.volumeClaimTemplates"],
      hooks: scaleGuard(name),
    },
  );
}

function podSpec(spec: DatabaseStatefulSetArgs): PodSpec {
  const { args } = spec;
  return {
    ...scheduling(args, spec.memberSelector),
    serviceAccountName: spec.serviceAccountName,
    // The agent mounts a token of its own; nobody else needs one.
    automountServiceAccountToken: false,
    // Otherwise every Service of the namespace becomes a handful of environment variables.
    enableServiceLinks: false,
    imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
    securityContext: podSecurityContext(spec.userId),
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    initContainers: spec.initContainers,
    containers: spec.containers,
    volumes: spec.volumes,
  };
}
