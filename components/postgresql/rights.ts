import type { EngineRights } from "../agents/agent-rights";

/** Endpoints that Patroni keeps its state in, beside that of the database's own name. */
export const STATE_SUFFIXES = ["config", "sync", "failover"];

/** Names of the Services that keep Kubernetes from taking Patroni's state for leftovers. */
export function stateServiceNames(database: string): string[] {
  return STATE_SUFFIXES.map((suffix) => `${database}-${suffix}`);
}

/** Names of all Endpoints that Patroni keeps its state in: the lock with the primary's address, and the rest. */
export function stateEndpointsNames(database: string): string[] {
  return [database, ...stateServiceNames(database)];
}

/**
 * What Patroni needs beside the agent's rights. Kubernetes cannot limit `list` and `watch` by name: Patroni sees, but
 * cannot change, other Endpoints and pods of the namespace. It makes Endpoints where there are none; these are there, since
 * who may make some can lead the clients of any Service without a selector to himself.
 *
 * @see https://patroni.readthedocs.io/en/latest/kubernetes.html
 */
export function patroniRights(database: string): EngineRights {
  return {
    endpoints: stateEndpointsNames(database),
    podAnnotations: ["status"],
    reads: [
      { apiGroups: [""], resources: ["endpoints"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
    ],
  };
}
