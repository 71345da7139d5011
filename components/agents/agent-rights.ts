import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { replicasServiceName } from "../network/services";
import { ordinals } from "../storage/replica-volumes";

/** The most members that a cluster can have: the limit of Group Replication and of a replica set's voters. */
export const MAX_MEMBERS = 9;

/** Name of the ConfigMap that says whether a cluster exists. The agent makes it, and nothing deletes it. */
export function bootstrapMarkerName(database: string): string {
  return `${database}-bootstrap`;
}

/**
 * The agent's identity, with no more rights than it uses: it can read no Secret and no other database's pods.
 * Kubernetes cannot limit `create` by name.
 *
 * @param engineRules what the engine itself does with the API, where it does
 */
export function agentRights(
  name: string,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, string> },
  engineRules: k8s.types.input.rbac.v1.PolicyRule[],
  parent: pulumi.Resource,
): k8s.core.v1.ServiceAccount {
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-service-account`,
    { metadata: { name, ...metadata }, automountServiceAccountToken: false },
    { parent },
  );
  const role = new k8s.rbac.v1.Role(
    `${name}-role`,
    {
      metadata: { name, ...metadata },
      rules: [
        { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: [bootstrapMarkerName(name)],
          verbs: ["get", "update"],
        },
        {
          apiGroups: [""],
          resources: ["pods"],
          resourceNames: ordinals(MAX_MEMBERS).map((ordinal) => `${name}-${ordinal}`),
          verbs: ["get", "patch"],
        },
        { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: [name], verbs: ["get"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["create"] },
        {
          apiGroups: ["discovery.k8s.io"],
          resources: ["endpointslices"],
          resourceNames: [name, replicasServiceName(name)],
          verbs: ["get", "update"],
        },
        ...engineRules,
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-role-binding`,
    {
      metadata: { name, ...metadata },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: metadata.namespace }],
    },
    { parent },
  );
  return account;
}
