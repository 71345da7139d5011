import type { KubernetesObject } from "../../render/program";
import { type Kubectl, KubectlError } from "../kube/kubectl";
import { RefusedError } from "./refused-error";

/** Who brings kinds of a group into a cluster, and which keys of a stack file ask for them. */
const BROUGHT_BY: Readonly<Record<string, { who: string; keys: string }>> = {
  "monitoring.coreos.com": {
    who: "the Prometheus operator",
    keys: "podMonitor and prometheusRule of stateful:monitoring",
  },
  "cert-manager.io": { who: "cert-manager", keys: "tls.issuer" },
};

/**
 * Refuses objects of kinds that the cluster has not got, before anything is changed.
 *
 * @throws RefusedError that names the kinds, who brings them, and the keys to remove
 */
export async function requireServedKinds(
  kubectl: Kubectl,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const versions = new Map<string, Set<string>>();
  for (const { apiVersion, kind } of objects) {
    if (BROUGHT_BY[groupOf(apiVersion)] === undefined) continue;
    versions.set(apiVersion, (versions.get(apiVersion) ?? new Set()).add(kind));
  }
  const missing: string[] = [];
  for (const [apiVersion, kinds] of versions) {
    const served = await servedIn(kubectl, apiVersion);
    const { who, keys } = BROUGHT_BY[groupOf(apiVersion)] ?? { who: "", keys: "" };
    const lacking = [...kinds].filter((kind) => !served.has(kind));
    if (lacking.length === 0) continue;
    missing.push(
      `${lacking.join(" and ")} of ${apiVersion}: install ${who}, which brings them, or remove ${keys}`,
    );
  }
  if (missing.length === 0) return;
  throw new RefusedError(`Nothing was changed: the cluster has no ${missing.join("; no ")}.`);
}

function groupOf(apiVersion: string): string {
  return apiVersion.split("/")[0] ?? "";
}

async function servedIn(kubectl: Kubectl, apiVersion: string): Promise<Set<string>> {
  try {
    const text = await kubectl.run(["get", "--raw", `/apis/${apiVersion}`]);
    const { resources } = JSON.parse(text) as { resources: { kind: string }[] };
    return new Set(resources.map(({ kind }) => kind));
  } catch (error) {
    if (error instanceof KubectlError && error.notFound) return new Set();
    throw error;
  }
}
