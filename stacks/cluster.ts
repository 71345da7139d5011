import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { known } from "../components/common/outputs";
import type { CommonConfig } from "./types";

/** The providers of a stack. */
export interface Cluster {
  /** For everything that comes and goes with the stack. An object that is there already is an error. */
  provider: k8s.Provider;
  /** For what outlives the stack (volumes, credentials, namespaces): an object that is there is taken over. */
  retainingProvider: k8s.Provider;
}

/**
 * Connects to the stack's cluster, and makes sure that it is the one that the stack means.
 *
 * @throws RunError, before any resource is made, if the cluster's identity is not the configured one.
 */
export async function connect({ context, uid }: CommonConfig["cluster"]): Promise<Cluster> {
  const provider = new k8s.Provider("cluster", { context });
  if (uid !== undefined) await requireIdentity(provider, uid, context);
  const retainingProvider = new k8s.Provider("cluster-retained", { context, upsertExistingObjects: true });
  return { provider, retainingProvider };
}

/** A cluster has no name of its own; the UID of its first namespace is as good as one. */
async function requireIdentity(
  provider: k8s.Provider,
  wanted: string,
  context: string | undefined,
): Promise<void> {
  const namespace = k8s.core.v1.Namespace.get("cluster-identity", "kube-system", { provider });
  const found = await known(namespace.metadata.uid);
  if (found === wanted) return;
  throw new pulumi.RunError(
    [
      "This is not the cluster that the stack is for; nothing was changed:",
      `  - stateful:cluster.uid = "${wanted}"`,
      `      found:   "${found ?? "none"}" (namespace kube-system, ${context === undefined ? "current context" : `context "${context}"`})`,
      "      to do:   choose the right context with stateful:cluster.context, or correct the uid if the cluster was made anew",
    ].join("\n"),
  );
}
