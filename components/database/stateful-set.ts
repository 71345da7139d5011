import { headlessServiceName, CLAIM_TEMPLATE_NAME } from "../protocol/names";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { restoredFrom, restoreGuard } from "../backup/restore-guard";
import { guards } from "../common/update-guard";
import { scrapeAnnotations } from "../monitoring/scrape";
import type { DatabaseBase } from "./base";
import type { ResolvedArgs } from "./engine";
import { maintenanceAnnotation, updateStrategy } from "./maintenance";
import { type EnginePod, memberPod } from "./member-pod";
import { pausedAnnotation, pauseGuard, podsWanted } from "./pause";
import { podFields } from "./pod-parts";
import { podSecurityContext } from "./pod-security";
import { scaleGuard } from "./scale-guard";
import { scheduling } from "./scheduling";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** A claim needs a size, also one that is only a name: were it the volumes', it would have to grow with them. */
const TEMPLATE_STORAGE = "1Gi";

/** What a database's StatefulSet is made of. */
export interface DatabaseStatefulSetArgs {
  /** Name of the database, and so of the StatefulSet. */
  name: string;
  args: ResolvedArgs;
  base: DatabaseBase;
  /** What the engine adds to pods that are otherwise the same for all. */
  pod: EnginePod;
  /** What must be there before a pod is, beside claims, Secrets and Services. @default nothing */
  dependsOn?: pulumi.Input<pulumi.Resource>[];
  /** What its object is marked with, beside what all have. @default nothing */
  annotations?: Record<string, string>;
  /** What the engine refuses of a change, beside what all do. @default nothing */
  guards?: Parameters<typeof guards>;
  parent: pulumi.Resource;
}

/**
 * The StatefulSet of a database.
 *
 * Pods start in parallel: with OrderedReady, a set whose first pod waits for the others after a full
 * outage would never start. The claim template only names the claims that `ReplicaVolumes` made, and never changes, since
 * Kubernetes does not let it.
 */
export function databaseStatefulSet(spec: DatabaseStatefulSetArgs): k8s.apps.v1.StatefulSet {
  const { name, args, base, parent } = spec;
  const annotations = {
    ...spec.annotations,
    ...restoredFrom(args.restoreFrom),
    ...pausedAnnotation(args),
    ...maintenanceAnnotation(args.maintenance),
  };
  return new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata: {
        name,
        namespace: args.namespace,
        labels: base.labels,
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
      spec: {
        serviceName: headlessServiceName(name),
        replicas: podsWanted(args),
        podManagementPolicy: "Parallel",
        updateStrategy: updateStrategy(args.maintenance),
        minReadySeconds: args.minReadySeconds ?? 10,
        revisionHistoryLimit: 5,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: base.memberSelector },
        template: {
          metadata: {
            labels: { ...args.pod?.labels, ...base.podLabels },
            annotations: {
              ...scrapeAnnotations(args.monitoring),
              ...args.annotations,
              ...args.pod?.annotations,
            },
          },
          spec: podSpec(spec),
        },
        ...(base.volumes ? { volumeClaimTemplates: [claimTemplate(args)] } : {}),
      },
    },
    {
      parent,
      dependsOn: [
        ...(base.volumes ? [base.volumes] : []),
        base.credentials,
        base.certificate,
        base.network,
        ...base.routes,
        ...(base.backup?.dependsOn ?? []),
        ...(spec.dependsOn ?? []),
      ],
      ignoreChanges: ["spec.volumeClaimTemplates"],
      hooks: guards(scaleGuard(name), pauseGuard(name), restoreGuard(name), ...(spec.guards ?? [])),
    },
  );
}

function claimTemplate({ storageClassName }: ResolvedArgs): k8s.types.input.core.v1.PersistentVolumeClaim {
  return {
    metadata: { name: CLAIM_TEMPLATE_NAME },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName,
      resources: { requests: { storage: TEMPLATE_STORAGE } },
    },
  };
}

/**
 * A question for a name goes to one of the cluster's DNS servers by chance, until Kubernetes takes a lost node for lost, which is 40 s: where a
 * lost one was hit, another one is asked after 1 s, not 5. https://man7.org/linux/man-pages/man5/resolv.conf.5.html
 */
const DNS = {
  options: [
    { name: "timeout", value: "1" },
    { name: "attempts", value: "5" },
  ],
};

function podSpec({ name, args, base, pod }: DatabaseStatefulSetArgs): PodSpec {
  return {
    ...scheduling(args, base.memberSelector, pod.overZones),
    ...podFields(args.pod),
    serviceAccountName: base.serviceAccountName,
    // The agent mounts a token of its own; nobody else needs one.
    automountServiceAccountToken: false,
    // Otherwise every Service of the namespace becomes a handful of environment variables.
    enableServiceLinks: false,
    imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
    securityContext: podSecurityContext(pod.userId),
    terminationGracePeriodSeconds: pod.terminationGracePeriodSeconds,
    dnsConfig: DNS,
    ...memberPod(name, args, base, pod),
  };
}
