/** The prefix of every label and annotation that is ours. */
export const DOMAIN = "stateful";

/** Label of a node with its zone. */
export const ZONE = "topology.kubernetes.io/zone";

/** Label of a pod that says what it does for clients: `primary`, `replica` or `none`. The agent sets it. */
export const ROLE_LABEL = "role";

/** Who an object belongs to, in the terms of the recommended Kubernetes labels. */
export interface Identity {
  /** What runs: `mysql`. */
  application: string;
  /** Which one: `orders`. */
  instance: string;
  /** Its part in the whole: `database`, `application`, `storage`. */
  component: string;
}

/** Labels that never change, and so may stand in a selector (immutable in StatefulSets and Deployments). */
export function selectorLabels(identity: Identity): Record<string, string> {
  return {
    "app.kubernetes.io/name": identity.application,
    "app.kubernetes.io/instance": identity.instance,
  };
}

/**
 * The recommended labels of an object. The caller's own come first, so that they cannot break a selector.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function standardLabels(
  identity: Identity,
  extra: Record<string, string> = {},
): Record<string, string> {
  return {
    ...extra,
    ...selectorLabels(identity),
    "app.kubernetes.io/component": identity.component,
    "app.kubernetes.io/part-of": "stateful",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}
