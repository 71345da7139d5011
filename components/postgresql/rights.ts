import type * as k8s from "@pulumi/kubernetes";

/** Endpoints that Patroni keeps its state in, beside that of the database's own name. */
export const STATE_SUFFIXES = ["config", "sync", "failover"];

/** Names of the Services that keep Kubernetes from taking Patroni's state for leftovers. */
export function stateServiceNames(database: string): string[] {
  return STATE_SUFFIXES.map((suffix) => `${database}-${suffix}`);
}

/**
 * What Patroni needs beside the agent's rights. Kubernetes can limit neither `create` nor `list` and `watch` by
 * name: Patroni sees, but cannot change, other Endpoints and pods of the namespace.
 *
 * @see https://patroni.readthedocs.io/en/latest/kubernetes.html
 */
export function patroniRules(database: string): k8s.types.input.rbac.v1.PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["endpoints"], verbs: ["create", "list", "watch"] },
    {
      apiGroups: [""],
      resources: ["endpoints"],
      resourceNames: [database, ...stateServiceNames(database)],
      verbs: ["get", "patch"],
    },
    { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
  ];
}
