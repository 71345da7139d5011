import { COMPONENT, INSTANCE } from "../../components/protocol/labels";
import { bootstrapMarkerName } from "../../components/protocol/names";
import type { KubernetesObject } from "../../render/program";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type { Claim, Volume } from "../kube/objects";
import { deleteObjects } from "./delete-objects";
import { formerParts } from "./former-parts";
import { requireOwned } from "./ownership";
import { nodesOf } from "../kube/nodes";
import { stackLabel } from "../../stacks/stack-label";
import { refuseHiddenDeletion } from "./removal-checks";
import { manifestsOf, optionsOf, type RenderedStack } from "./rendered-stack";

/** What runs. It ends first, with everything still there that its pods need for an orderly end. */
const RUNNING_KINDS = ["HorizontalPodAutoscaler", "CronJob", "Job", "Deployment", "StatefulSet"];

/** How a stack is removed. */
export interface RemoveOptions {
  /** Whether volumes, claims, Secrets and the bootstrap markers go too. The namespace always stays. @default false */
  deleteData?: boolean;
  /** How long pods may take to end. @default 360, a minute more than a database's grace period */
  timeoutSeconds?: number;
}

/**
 * Removes what a stack runs from a cluster, as Pulumi would: what that is told to retain stays, and is found by the next
 * deployment. It holds the data or leads to it: volumes, claims, Secrets, the bootstrap markers and the namespace.
 *
 * @returns what of the deleted data Kubernetes leaves, in words: directories of nodes, disks of a class that retains them
 * @throws RefusedError if what is there under its names is another stack's, or data would go that nobody asked to delete
 * @throws KubectlError if something could not be deleted in time
 */
export async function removeStack(
  kubectl: Kubectl,
  stack: RenderedStack,
  { deleteData = false, timeoutSeconds = 360 }: RemoveOptions = {},
): Promise<string[]> {
  await requireOwned(kubectl, stack);
  if (!deleteData) refuseHiddenDeletion(stack.config);
  const data = deleteData ? await dataOf(kubectl, stack) : undefined;
  const removable = stack.objects.filter((object) => !optionsOf(object, stack).retainOnDelete);
  const running = removable.filter(({ kind }) => RUNNING_KINDS.includes(kind));
  const rest: KubernetesObject[] = [];
  for (const object of removable) {
    if (running.includes(object)) continue;
    if (object.kind !== "StorageClass" || (await isOursAlone(kubectl, object))) rest.push(object);
  }
  const source = stack.file.file;
  const options = ["--ignore-not-found", `--timeout=${timeoutSeconds}s`, "--filename=-"];
  await deleteObjects(kubectl, await formerParts(kubectl, stack));
  await kubectl.run(["delete", "--cascade=foreground", ...options], manifestsOf(running, source));
  await kubectl.run(["delete", ...options], manifestsOf(rest, source));
  await removeOlderConfigMaps(kubectl, stack);
  return data === undefined ? [] : await removeData(kubectl, stack, data);
}

/** Whether nobody else applied the class as well: then it goes with the stack. */
async function isOursAlone(kubectl: Kubectl, { kind, metadata }: KubernetesObject): Promise<boolean> {
  const fields = "jsonpath={.metadata.managedFields[*].manager}";
  const managers = await kubectl.run([
    ...["get", kind, metadata.name, "--ignore-not-found", "--show-managed-fields", "-o", fields],
  ]);
  return managers.split(" ").every((manager) => manager === "stateful");
}

/** ConfigMaps are named after their content: earlier contents have left theirs behind. */
async function removeOlderConfigMaps(
  kubectl: Kubectl,
  { name, objects, outputs }: RenderedStack,
): Promise<void> {
  // Another stack of the namespace has an agent's ConfigMap of the same instance.
  const own = Object.entries(stackLabel(name)).map(([key, value]) => `${key}=${value}`);
  const markers = Object.keys(outputs.databases).map(bootstrapMarkerName);
  const owners = new Map<string, { namespace?: string; instance: string }>();
  for (const { kind, metadata } of objects) {
    const instance = metadata.labels?.[INSTANCE];
    if (kind !== "ConfigMap" || instance === undefined) continue;
    owners.set(`${metadata.namespace ?? ""}/${instance}`, { namespace: metadata.namespace, instance });
  }
  for (const { namespace, instance } of owners.values()) {
    const found = await kubectl.list(
      "configmaps",
      namespace,
      [OURS, ...own, `${INSTANCE}=${instance}`].join(","),
    );
    await deleteObjects(
      kubectl,
      found.filter(({ metadata }) => !markers.includes(metadata.name)),
    );
  }
}

/** What a stack's databases and applications have written, and what leads to it. */
interface Data {
  claimsAndSecrets: ApiObject[];
  volumes: Volume[];
}

async function dataOf(kubectl: Kubectl, { namespace, objects, config }: RenderedStack): Promise<Data> {
  const owners = [...config.databases, ...config.applications].map(({ name }) => name);
  const selector = `${OURS},${INSTANCE} in (${owners.join(",")})`;
  const claims = await kubectl.list<Claim>("persistentvolumeclaims", namespace, selector);
  // The key of the backups stays: without it they cannot be read, and they are asked for when the data is gone.
  const secrets = (await kubectl.list("secrets", namespace, selector)).filter(
    ({ metadata }) => metadata.labels?.[COMPONENT] !== "backup",
  );
  // After a removal that was cut off there are volumes whose claims are gone.
  const wanted = objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
  const names = new Set([...claims, ...wanted].map(({ metadata }) => metadata.name));
  const volumes = (await kubectl.list<Volume>("persistentvolumes")).filter(
    ({ spec: { claimRef } }) => claimRef?.namespace === namespace && names.has(claimRef.name),
  );
  return { claimsAndSecrets: [...claims, ...secrets], volumes };
}

async function removeData(
  kubectl: Kubectl,
  { namespace, outputs }: RenderedStack,
  { claimsAndSecrets, volumes }: Data,
): Promise<string[]> {
  await deleteObjects(kubectl, claimsAndSecrets);
  await deleteObjects(kubectl, volumes);
  for (const marker of Object.keys(outputs.databases).map(bootstrapMarkerName)) {
    await kubectl.run(["delete", "configmap", marker, "-n", namespace, "--ignore-not-found"]);
  }
  return volumes.flatMap((volume) => leftover(volume) ?? []).sort();
}

/** What stays of a volume when Kubernetes knows it no more. */
function leftover(volume: Volume): string | undefined {
  const { spec } = volume;
  const path = (spec.local ?? spec.hostPath)?.path;
  if (path !== undefined) return `the directory ${path} on ${nodesOf(volume).join(" or ") || "its node"}`;
  if (spec.persistentVolumeReclaimPolicy !== "Retain" || spec.csi === undefined) return undefined;
  return `the disk ${spec.csi.volumeHandle} of ${spec.csi.driver}`;
}
