import type { ApiObject } from "./kubectl";

// The parts of Kubernetes' objects that are looked at here. All that the API may leave out is optional.

/** What went wrong or right with an object, as its controller says. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** One container of a pod. */
export interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  image: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: object;
    terminated?: { reason?: string; message?: string; exitCode: number };
  };
  lastState?: { terminated?: { reason?: string; exitCode: number; finishedAt?: string } };
}

export interface Pod extends ApiObject {
  spec: {
    nodeName?: string;
    terminationGracePeriodSeconds?: number;
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  status: {
    phase?: string;
    podIP?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** What a set's pods are made of, as far as it is looked at. */
export interface PodTemplate {
  containers: { name: string; image: string }[];
  imagePullSecrets?: { name: string }[];
  tolerations?: object[];
  securityContext?: object;
  volumes?: { name: string; secret?: { secretName: string } }[];
}

export interface StatefulSet extends ApiObject {
  spec: {
    replicas?: number;
    updateStrategy?: { type?: string };
    volumeClaimTemplates?: unknown[];
    template: { spec: PodTemplate };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
  };
}

export interface Deployment extends ApiObject {
  spec: { replicas?: number };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
  };
}

export interface Claim extends ApiObject {
  spec: {
    storageClassName?: string;
    volumeName?: string;
    resources: { requests: { storage: string } };
  };
  status?: { phase?: string; capacity?: { storage?: string }; conditions?: Condition[] };
}

export interface Volume extends ApiObject {
  spec: {
    capacity: { storage: string };
    storageClassName?: string;
    persistentVolumeReclaimPolicy?: string;
    claimRef?: { namespace?: string; name: string; uid?: string };
    local?: { path: string };
    hostPath?: { path: string };
    csi?: { driver: string; volumeHandle: string };
    nodeAffinity?: {
      required?: {
        nodeSelectorTerms: { matchExpressions?: { key: string; operator: string; values?: string[] }[] }[];
      };
    };
  };
  status?: { phase?: string };
}

export interface Secret extends ApiObject {
  data?: Record<string, string>;
}

export interface Node extends ApiObject {
  spec: { unschedulable?: boolean; taints?: { key: string; effect: string }[] };
  status: { conditions?: Condition[] };
}

export interface StorageClass extends ApiObject {
  provisioner: string;
  allowVolumeExpansion?: boolean;
}

/** What a controller noted about an object. */
export interface ClusterEvent extends ApiObject {
  involvedObject: { kind: string; name: string; uid?: string };
  type?: string;
  reason?: string;
  message?: string;
  lastTimestamp?: string;
  eventTime?: string;
  series?: { lastObservedTime?: string };
}

/** The bootstrap marker of a database, as far as it is looked at. */
export interface MarkerObject extends ApiObject {
  data?: { marker?: string };
}

/** A Job, as far as it is looked at. */
export interface Job extends ApiObject {
  spec?: { backoffLimit?: number; activeDeadlineSeconds?: number };
  status?: {
    active?: number;
    failed?: number;
    succeeded?: number;
    startTime?: string;
    completionTime?: string;
    conditions?: Condition[];
  };
}

/** A CronJob, as far as it is looked at. */
export interface CronJob extends ApiObject {
  spec: { schedule: string; timeZone?: string; suspend?: boolean; concurrencyPolicy?: string };
  status?: { active?: { name: string }[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
}
