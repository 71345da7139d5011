import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DataPolicy, ownedAcrossLives, type RetainingProvider, retained } from "../common/retention";

/** A Secret whose values may be there from an earlier life of the stack. */
export interface RetainedSecretSpec {
  /** Name of the Pulumi resource; that of the patch ends in `-values`. */
  name: string;
  secretName: string;
  namespace: pulumi.Input<string>;
  labels?: Record<string, pulumi.Input<string>>;
  /** Annotations that the Secret has before its values are chosen. */
  annotations?: Record<string, string>;
  dataPolicy?: DataPolicy;
  retainingProvider?: RetainingProvider;
  parent: pulumi.Resource;
}

/** What is written into such a Secret. */
export interface SecretValues {
  values: Record<string, pulumi.Input<string>>;
  /** Annotations that are true once the values are in force. */
  annotations?: Record<string, string>;
}

/**
 * Makes a Secret that outlives its stack, and in which a value that is there can beat a new one.
 *
 * To look and to write are two steps: the Secret is applied without values, which leaves those of an existing
 * one alone and shows them; the values are then patched in.
 *
 * @param choose what to write, from the Secret as it was found
 */
export function retainedSecret(
  spec: RetainedSecretSpec,
  choose: (found: k8s.core.v1.Secret) => SecretValues,
): pulumi.Output<string> {
  const { name, secretName, namespace, labels, parent, dataPolicy } = spec;
  const secret = new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        name: secretName,
        namespace,
        labels,
        annotations: { ...ownedAcrossLives(), ...spec.annotations },
      },
    },
    retained(parent, dataPolicy, spec.retainingProvider),
  );
  const { values, annotations } = choose(secret);
  new k8s.core.v1.SecretPatch(
    `${name}-values`,
    {
      metadata: {
        name: secret.metadata.name,
        namespace,
        // The values are still owned by the patch of an earlier life of the stack.
        annotations: { ...annotations, "pulumi.com/patchForce": "true" },
      },
      stringData: values,
    },
    retained(parent, dataPolicy, undefined),
  );
  return secret.metadata.name;
}
