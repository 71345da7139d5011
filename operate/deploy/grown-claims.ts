import { GROWS_UP_TO } from "../../components/protocol/annotations";
import { GROWN_FILE } from "../../components/protocol/growth";
import { INSTANCE } from "../../components/protocol/labels";
import { growthName } from "../../components/protocol/names";
import { larger } from "../../components/storage/growth";
import type { KubernetesObject } from "../../render/program";
import type { Kubectl } from "../kube/kubectl";
import type { Claim } from "../kube/objects";

/** Whether its volume grows by itself. */
export function growsBySelf({ kind, metadata }: KubernetesObject): boolean {
  return kind === "PersistentVolumeClaim" && metadata.annotations?.[GROWS_UP_TO] !== undefined;
}

/** A claim with the size that it has, or that its database's volumes have grown to, where that is more than is asked for: none shrinks. */
export async function withSizeOf(kubectl: Kubectl, object: KubernetesObject): Promise<KubernetesObject> {
  const { name, namespace, labels } = object.metadata;
  const [there, written] = (await Promise.all([
    kubectl.get(object.kind, name, namespace),
    kubectl.get("ConfigMap", growthName(labels?.[INSTANCE] ?? ""), namespace),
  ])) as [Claim | undefined, { data?: Record<string, string> } | undefined];
  const { spec } = object as unknown as Claim;
  const { requests } = spec.resources;
  const storage = [there?.spec.resources.requests.storage, written?.data?.[GROWN_FILE]].reduce<string>(
    larger,
    requests.storage,
  );
  return {
    ...object,
    spec: { ...spec, resources: { ...spec.resources, requests: { ...requests, storage } } },
  };
}
