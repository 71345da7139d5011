import { CLAIM_TEMPLATE_NAME } from "../../components/protocol/names";
import { randomBytes } from "node:crypto";
import { type Look, LOOK_LABEL, LOOK_MODE, LOOK_VARIABLE } from "../../agent/backup/look/request";
import type { ApiObject } from "../kube/kubectl";

interface Named {
  name: string;
}

interface Container extends Named {
  restartPolicy?: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string }[];
}

interface PodSpec {
  initContainers?: Container[];
  containers: Container[];
  volumes?: Named[];
}

/** A CronJob, as far as Jobs are made of it here. */
export interface CronJob extends ApiObject {
  spec: {
    schedule: string;
    suspend?: boolean;
    jobTemplate: {
      metadata?: { labels?: Record<string, string> };
      spec: { template: { metadata?: object; spec: PodSpec } };
    };
  };
  status?: { lastScheduleTime?: string; lastSuccessfulTime?: string };
}

/** A Job to be created. */
export interface JobManifest {
  apiVersion: "batch/v1";
  kind: "Job";
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations?: object };
  spec: Record<string, unknown>;
}

/** How long a Job that has ended is there to be looked at, s. */
const KEPT_SECONDS = 3600;

/** How long a look may take, s; one that reads everything takes longer. */
const LOOK_SECONDS = 900;
const VERIFY_SECONDS = 12 * 3600;

/** What a look has a node keep free for it: at night, when a node is missing, there may be little. */
const LOOK_REQUEST = "128Mi";

/** A Job that does once, now, what a CronJob does at its times. It is tried once: a person waits for it. */
export function jobNow(cronJob: CronJob): JobManifest {
  const job = manifest(cronJob);
  return {
    ...job,
    metadata: {
      ...job.metadata,
      // As `kubectl create job --from` says it.
      annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
    },
    spec: { ...cronJob.spec.jobTemplate.spec, backoffLimit: 0, ttlSecondsAfterFinished: 24 * KEPT_SECONDS },
  };
}

/**
 * A Job that looks at the backup, made of the one that makes full copies: it has the store's account and key mounted, which who
 * asks need not have. The server and its volume are left out.
 */
export function lookJob(cronJob: CronJob, look: Look): JobManifest {
  const { template } = cronJob.spec.jobTemplate.spec;
  const { containers, initContainers = [], volumes = [], ...pod } = template.spec;
  const agents = containers.map((container) => lookContainer(container, look));
  // What would run as long as the pod is the server.
  const before = initContainers.filter(({ restartPolicy }) => restartPolicy !== "Always");
  const mounted = new Set([...agents, ...before].flatMap((one) => one.volumeMounts ?? []).map(nameOf));
  const { metadata, ...job } = manifest(cronJob);
  return {
    ...job,
    metadata: { ...metadata, labels: { ...metadata.labels, [LOOK_LABEL]: look.what } },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: look.what === "verify" ? VERIFY_SECONDS : LOOK_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        ...template,
        spec: {
          ...pod,
          initContainers: before,
          containers: agents,
          volumes: volumes.filter(({ name }) => mounted.has(name)),
        },
      },
    },
  };
}

function lookContainer(container: Container, look: Look): Container {
  const { env = [], volumeMounts = [], resources = {} } = container;
  const own = { STATEFUL_MODE: LOOK_MODE, [LOOK_VARIABLE]: JSON.stringify(look) };
  return {
    ...container,
    env: [
      ...env.filter(({ name }) => !(name in own)),
      ...Object.entries(own).map(([name, value]) => ({ name, value })),
    ],
    resources: { ...resources, requests: { ...resources.requests, memory: LOOK_REQUEST } },
    volumeMounts: volumeMounts.filter(({ name }) => name !== CLAIM_TEMPLATE_NAME),
  };
}

/** With a name that no other has: two people may do the same at once. */
function manifest({ metadata, spec }: CronJob): JobManifest {
  const { namespace = "" } = metadata;
  const name = `${metadata.name}-${randomBytes(3).toString("hex")}`;
  const labels = spec.jobTemplate.metadata?.labels ?? {};
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace, labels },
    spec: {},
  };
}

function nameOf({ name }: Named): string {
  return name;
}
