import { manifestsOf } from "../../../operate/deploy/rendered-stack";
import type { KubernetesObject } from "../../../render/program";
import { kubectl } from "../support/cluster/cluster";

const ARGO_OPTIONS = "argocd.argoproj.io/sync-options";
const ARGO_WAVE = "argocd.argoproj.io/sync-wave";
const FLUX_PRUNE = "kustomize.toolkit.fluxcd.io/prune";

/** What a GitOps tool does to a cluster, as far as data is concerned. Neither tool is among what this machine can get. */
interface Rules {
  /** Who owns the fields. */
  manager: string;
  /** Objects that are applied together, and waited for before the next. */
  waveOf: (object: KubernetesObject) => number;
  /** Kinds that it leaves alone. */
  excluded: string[];
  mayPrune: (object: KubernetesObject) => boolean;
  mayDelete: (object: KubernetesObject) => boolean;
}

const optionsOf = ({ metadata }: KubernetesObject): string[] =>
  (metadata.annotations?.[ARGO_OPTIONS] ?? "").split(",");
const isKeptByFlux = ({ metadata }: KubernetesObject): boolean =>
  metadata.annotations?.[FLUX_PRUNE] === "disabled";

/**
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#prune
 */
export const TOOLS: Readonly<Record<string, Rules>> = {
  "Argo CD": {
    manager: "argocd-controller",
    waveOf: ({ metadata }) => Number(metadata.annotations?.[ARGO_WAVE] ?? 0),
    excluded: ["Endpoints", "EndpointSlice", "Lease"],
    mayPrune: (object) => !optionsOf(object).includes("Prune=false"),
    mayDelete: (object) => !optionsOf(object).includes("Delete=false"),
  },
  Flux: {
    manager: "kustomize-controller",
    // Namespaces and classes go first; the rest is applied at once.
    waveOf: ({ kind }) => (["Namespace", "StorageClass"].includes(kind) ? 0 : 1),
    excluded: [],
    mayPrune: (object) => !isKeptByFlux(object),
    mayDelete: (object) => !isKeptByFlux(object),
  },
};

/** A tool that keeps a cluster as a repository says. */
export class GitOpsTool {
  private applied: KubernetesObject[] = [];

  constructor(private readonly rules: Rules) {}

  /** Applies what is in the repository, wave by wave, and deletes what it applied before and is no longer in it. */
  async sync(repository: KubernetesObject[]): Promise<void> {
    const wanted = repository.filter(({ kind }) => !this.rules.excluded.includes(kind));
    const waves = [...new Set(wanted.map(this.rules.waveOf))].sort((a, b) => a - b);
    for (const wave of waves) {
      const objects = wanted.filter((object) => this.rules.waveOf(object) === wave);
      await kubectl.run(
        [
          "apply",
          "--server-side",
          "--force-conflicts",
          `--field-manager=${this.rules.manager}`,
          "--filename=-",
        ],
        manifestsOf(objects, "the repository"),
      );
      await healthy(objects);
    }
    const kept = new Set(wanted.map(keyOf));
    const left = this.applied.filter((object) => !kept.has(keyOf(object)));
    await deleteAll(left.filter(this.rules.mayPrune));
    this.applied = [...wanted, ...left.filter((object) => !this.rules.mayPrune(object))];
  }

  /** What becomes of all that when its Application, or Kustomization, is deleted. */
  async end(): Promise<void> {
    await deleteAll(this.applied.filter(this.rules.mayDelete));
    this.applied = [];
  }
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

/** As the tools look at it: a set's and a DaemonSet's pods are ready. */
async function healthy(objects: KubernetesObject[]): Promise<void> {
  for (const { kind, metadata } of objects) {
    if (!["StatefulSet", "DaemonSet", "Deployment"].includes(kind)) continue;
    const where = metadata.namespace === undefined ? [] : ["-n", metadata.namespace];
    await kubectl.run([
      "rollout",
      "status",
      `${kind.toLowerCase()}/${metadata.name}`,
      ...where,
      "--timeout=240s",
    ]);
  }
}

async function deleteAll(objects: KubernetesObject[]): Promise<void> {
  if (objects.length === 0) return;
  await kubectl.run(
    ["delete", "--ignore-not-found", "--wait", "--timeout=120s", "--filename=-"],
    manifestsOf(objects, "the repository"),
  );
}
