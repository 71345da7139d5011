import type * as k8s from "@pulumi/kubernetes";

/**
 * User and group of everything in a database's pods: above those that nodes have of their own, so that a directory on a
 * node's disk is nobody else's.
 */
export const DATABASE_USER_ID = 10_001;

/**
 * Security of a pod, as the Pod Security Standard `restricted` asks for it.
 *
 * A volume's owner is only changed where its root has the wrong one: walking through a large database at
 * every start takes minutes.
 *
 * @param userId user and group of every process and of the volume
 */
export function podSecurityContext(userId: number): k8s.types.input.core.v1.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Security of a container: no privileges to gain, no capabilities, nothing to write but its volumes. */
export function containerSecurityContext(): k8s.types.input.core.v1.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
}
