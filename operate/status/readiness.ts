import { REPLACE_NOW } from "../../components/protocol/annotations";
import { COMPONENT, ROLE_LABEL } from "../../components/protocol/labels";
import { exclusiveRole, type Role, type Topology } from "../../components/protocol/topology";
import { topologyOf } from "../../stacks/engines";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type { Deployment, Pod, StatefulSet } from "../kube/objects";
import { isOfBackup } from "./backup-part";
import { describePod } from "./pod-words";
import type { RenderedStack } from "../deploy/rendered-stack";

/** How to wait. */
export interface WaitOptions {
  /** @default 600 */
  timeoutSeconds?: number;
  /** Says why there is nothing more to wait for. With it, no time is. @default nothing ends it before its time */
  ends?: (pods: readonly Pod[]) => string | undefined;
  /** Called with the pod's name and what it does, each time that it changes. @default nobody is told */
  onProgress?: (pod: string, state: string) => void;
}

/** Time between two looks, ms. */
const LOOK_EVERY = 1000;

/**
 * Waits until everything that a stack runs is as it wants it: every replica ready and of the newest revision, and
 * each database that has one with its primary.
 *
 * @throws Error that names what is not ready when the time is over
 */
export async function waitUntilHealthy(
  kubectl: Kubectl,
  { namespace, objects, config }: Pick<RenderedStack, "namespace" | "objects" | "config">,
  { timeoutSeconds = 600, ends, onProgress = () => undefined }: WaitOptions = {},
): Promise<void> {
  const wanted = objects.filter(
    ({ kind, metadata }) =>
      kind === "StatefulSet" ||
      // What makes backups works for a while when there is something to do, and nobody waits for it.
      (kind === "Deployment" && metadata.labels?.[COMPONENT] !== "backup"),
  );
  const topologies = new Map(config.databases.map((database) => [database.name, topologyOf(database)]));
  const told = new Map<string, string>();
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const found = await kubectl.list("statefulsets,deployments,pods", namespace, OURS);
    const pods = found.filter((object): object is Pod => object.kind === "Pod");
    // What makes backups comes and goes, and so do the runs of a schedule.
    for (const pod of pods.filter((one) => !isOfBackup(one) && !isOfJob(one))) {
      const state = describePod(pod);
      if (told.get(pod.metadata.name) === state) continue;
      told.set(pod.metadata.name, state);
      onProgress(pod.metadata.name, state);
    }
    const missing = wanted.flatMap(({ kind, metadata: { name } }) => {
      const object = found.find((other) => other.kind === kind && other.metadata.name === name);
      const lack = object === undefined ? lacking("not there") : lackOf(object, pods, topologies.get(name));
      return lack === undefined ? [] : [`${kind} ${name}: ${lack.text}`];
    });
    if (missing.length === 0) return;
    const late = performance.now() >= deadline ? `not ready after ${timeoutSeconds} s` : undefined;
    const over = ends ? ends(pods) : late;
    if (over !== undefined) {
      throw new Error(`${over}:\n${missing.map((line) => `  ${line}`).join("\n")}`);
    }
    await sleep(LOOK_EVERY);
  }
}

function isOfJob({ metadata: { ownerReferences = [] } }: Pod): boolean {
  return ownerReferences.some(({ kind }) => kind === "Job");
}

/** What a StatefulSet or Deployment lacks of what it should be. */
export interface Lack {
  /** In words, without a full stop. */
  text: string;
  /** A change of it is on its way. */
  rollsOut: boolean;
}

/** What one lacks, or nothing. @param topology of the database that a StatefulSet is */
export function lackOf(object: ApiObject, pods: Pod[], topology?: Topology): Lack | undefined {
  return object.kind === "StatefulSet"
    ? lackOfSet(object as StatefulSet, pods, topology && exclusiveRole(topology))
    : lackOfDeployment(object as Deployment);
}

function lackOfSet(
  { metadata, spec, status = {} }: StatefulSet,
  pods: Pod[],
  exclusive: Role | undefined,
): Lack | undefined {
  const replicas = spec.replicas ?? 1;
  const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return rollingOut("a change has not been seen yet");
  const stopping = (status.replicas ?? 0) - replicas;
  if (replicas === 0 && stopping > 0) return rollingOut(`${stopping} of its pods still stop`);
  if (readyReplicas < replicas) return lacking(`${readyReplicas} of ${replicas} replicas are ready`);
  // Only while a rollout goes on does the set tell of two revisions; or for good, where it replaces no pods itself.
  const rolling =
    spec.updateStrategy?.type === "OnDelete"
      ? metadata.annotations?.[REPLACE_NOW] === status.updateRevision
      : status.currentRevision !== status.updateRevision;
  if (rolling && updatedReplicas < replicas) {
    return rollingOut(`${updatedReplicas} of ${replicas} replicas are up to date`);
  }
  if (exclusive === undefined || replicas === 0) return undefined;
  const held = pods.some(
    ({ metadata: pod }) =>
      pod.labels?.[ROLE_LABEL] === exclusive &&
      pod.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true,
  );
  return held ? undefined : lacking(`there is no ${exclusive}`);
}

function lackOfDeployment({ metadata, spec, status = {} }: Deployment): Lack | undefined {
  const wanted = spec.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return rollingOut("a change has not been seen yet");
  if (updatedReplicas < wanted || replicas > updatedReplicas)
    return rollingOut("a new version is being rolled out");
  return availableReplicas < wanted
    ? lacking(`${availableReplicas} of ${wanted} replicas are available`)
    : undefined;
}

function lacking(text: string): Lack {
  return { text, rollsOut: false };
}

function rollingOut(text: string): Lack {
  return { text, rollsOut: true };
}
