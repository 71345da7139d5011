import type * as pulumi from "@pulumi/pulumi";
import { COMPONENT, INSTANCE, MANAGED_BY } from "../protocol/labels";

/** Who an object belongs to, in the terms of the recommended Kubernetes labels. */
export interface Identity {
  /** What runs: the engine, for instance. */
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
    [INSTANCE]: identity.instance,
  };
}

/**
 * The recommended labels of an object. The caller's own come first, so that they cannot break a selector.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function standardLabels(
  identity: Identity,
  extra: Record<string, pulumi.Input<string>> = {},
): Record<string, pulumi.Input<string>> {
  return {
    ...extra,
    ...selectorLabels(identity),
    [COMPONENT]: identity.component,
    "app.kubernetes.io/part-of": "stateful",
    [MANAGED_BY]: "pulumi",
  };
}
