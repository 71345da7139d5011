import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { replaceable } from "../common/retention";

type PolicySpec = k8s.types.input.admissionregistration.v1.ValidatingAdmissionPolicySpec;

/** What a policy is made of. */
export interface AdmissionPolicySpec extends Pick<
  PolicySpec,
  "matchConditions" | "variables" | "validations"
> {
  /** Of the policy and of what binds it. A policy is in no namespace. */
  metadata: { name: pulumi.Input<string>; labels: Record<string, pulumi.Input<string>> };
  /** Requests to other namespaces are none of its business. */
  namespace: pulumi.Input<string>;
  resourceRules: k8s.types.input.admissionregistration.v1.NamedRuleWithOperations[];
  parent: pulumi.Resource;
}

/**
 * Has the API server refuse what a policy does not let through in one namespace, and what the policy cannot judge.
 *
 * @param resource - the name of its resource in Pulumi.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionPolicy(
  resource: string,
  { metadata, namespace, resourceRules, parent, ...judged }: AdmissionPolicySpec,
): void {
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    resource,
    {
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          resourceRules,
        },
        ...judged,
      },
    },
    replaceable(parent),
  );
  new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    `${resource}-binding`,
    { metadata, spec: { policyName: policy.metadata.name, validationActions: ["Deny"] } },
    replaceable(parent),
  );
}

/** A literal of CEL, which has those of JSON. */
export function text(value: string): string {
  return JSON.stringify(value);
}
