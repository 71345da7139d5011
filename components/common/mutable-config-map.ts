import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A ConfigMap that is there, with its data. */
export interface MutableConfigMap {
  name: pulumi.Output<string>;
  /** By which it can be read. */
  id: pulumi.Output<string>;
  /** For pods to depend on: once it is there, so is the data. */
  data: pulumi.Resource;
}

/**
 * A ConfigMap whose data changes while pods read it.
 *
 * The provider replaces a ConfigMap when its data changes, and with it whatever names it, such as a StatefulSet with all
 * of its pods. So the object is made without data, and the data is a patch: what is replaced then is the patch, which
 * nobody names. The one before is not taken back, since that would empty the ConfigMap for a moment.
 */
export function mutableConfigMap(
  name: string,
  {
    metadata,
    data,
  }: { metadata: k8s.types.input.meta.v1.ObjectMeta; data: Record<string, pulumi.Input<string>> },
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): MutableConfigMap {
  const config = new k8s.core.v1.ConfigMap(name, { metadata }, opts);
  const patch = new k8s.core.v1.ConfigMapPatch(
    `${name}-data`,
    {
      metadata: {
        name: config.metadata.name,
        namespace: metadata.namespace,
        // The data is still owned by the patch before.
        annotations: { "pulumi.com/patchForce": "true" },
      },
      data,
    },
    { parent: opts.parent, protect: false, retainOnDelete: true },
  );
  return { name: config.metadata.name, id: config.id, data: patch };
}
