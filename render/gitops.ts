import { COMPONENT } from "../components/protocol/labels";
import type { KubernetesObject, RenderedProgram } from "./program";

// What Argo CD and Flux do with a repository: apply what is in it again and again, and delete ("prune") what left it.

/** Keeps Argo CD from deleting an object, when it leaves the repository and when the Application is deleted. */
const ARGO_OPTIONS = "argocd.argoproj.io/sync-options";
/** Argo CD waits until all of a wave is healthy before it applies the next. */
const ARGO_WAVE = "argocd.argoproj.io/sync-wave";
/** Keeps Flux from deleting an object. */
const FLUX_PRUNE = "kustomize.toolkit.fluxcd.io/prune";

/** The objects of a stack, by who is to apply them. */
export interface GitOpsParts {
  /** For the repository. No secret is among them. */
  repository: KubernetesObject[];
  /**
   * For the cluster alone: Secrets, and lists of addresses, which agents fill. Argo CD leaves such lists out (its default
   * `resource.exclusions`), and agents have no right to make any.
   */
  cluster: KubernetesObject[];
}

const OF_CLUSTER = ["Secret", "Endpoints", "EndpointSlice"];

/** Others need these: wave by kind, where it is not 0, that of the databases. Claims wait for pods, and so are of their wave. */
const WAVES: Readonly<Record<string, number>> = {
  Namespace: -2,
  StorageClass: -2,
  VolumeAttributesClass: -2,
  VolumeSnapshotClass: -2,
  PersistentVolume: -2,
  ValidatingAdmissionPolicy: -1,
  ValidatingAdmissionPolicyBinding: -1,
  ServiceAccount: -1,
  Role: -1,
  RoleBinding: -1,
  ConfigMap: -1,
  Certificate: -1,
  NetworkPolicy: -1,
  DaemonSet: -1,
};

/** Applications wait until their databases are there. */
const APPLICATION_WAVE = 1;

/** Divides what a program made. What Pulumi would keep, these tools are told to keep, too. */
export function forGitOps({ objects, options }: Pick<RenderedProgram, "objects" | "options">): GitOpsParts {
  const [cluster, repository] = [true, false].map((wanted) =>
    objects.filter(({ kind }) => OF_CLUSTER.includes(kind) === wanted),
  ) as [KubernetesObject[], KubernetesObject[]];
  return {
    cluster,
    repository: repository.map((object) =>
      annotated(object, {
        ...keeping(object, options.get(object)?.retainOnDelete === true),
        ...inOrder(object),
      }),
    ),
  };
}

function keeping({ kind }: KubernetesObject, isRetained: boolean): Record<string, string> {
  if (isRetained) return { [ARGO_OPTIONS]: "Prune=false,Delete=false", [FLUX_PRUNE]: "disabled" };
  // Under another name there is a new one; pods that are replaced later still need the old.
  return kind === "ConfigMap" ? { [ARGO_OPTIONS]: "PruneLast=true" } : {};
}

function inOrder({ kind, metadata }: KubernetesObject): Record<string, string> {
  const isApplication = metadata.labels?.[COMPONENT] === "application";
  const wave = isApplication ? APPLICATION_WAVE : (WAVES[kind] ?? 0);
  return wave === 0 ? {} : { [ARGO_WAVE]: String(wave) };
}

function annotated(object: KubernetesObject, annotations: Record<string, string>): KubernetesObject {
  if (Object.keys(annotations).length === 0) return object;
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}
