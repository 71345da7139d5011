/** The prefix of every label and annotation that is ours. */
export const DOMAIN = "stateful";

/** Label of a pod that says what it does for clients: `primary`, `replica` or `none`. The agent sets it. */
export const ROLE_LABEL = "role";

/** Label of each object with the name of its database or application. */
export const INSTANCE = "app.kubernetes.io/instance";

/** Label of each object with its part in the whole: a database's pods have `database`. */
export const COMPONENT = "app.kubernetes.io/component";

/** Label of each object with who changes it. */
export const MANAGED_BY = "app.kubernetes.io/managed-by";

/** Label of a node with its zone, and from Kubernetes 1.35 on of its pods. */
export const ZONE = "topology.kubernetes.io/zone";

/** What agents call themselves, there and to their servers. */
export const AGENT_MANAGER = "stateful-agent";
