import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { replaceable } from "../common/retention";
import { SCALE_IN_TO } from "../protocol/annotations";
import { DOMAIN } from "../protocol/labels";
import { MARKER_MEMBERS } from "../protocol/members";
import { bootstrapMarkerName } from "../protocol/names";

/** What a policy for a database is made of. */
export interface SizePolicySpec {
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  parent: pulumi.Resource;
}

/** As many as are wanted; for who asks by `kubectl scale`, it is not the set that changes, but its scale. */
const WANTED = "dyn(object).spec.?replicas.orValue(1)";

/** A set that has too few already may stay as it is; one that was paused is to come back as it was. */
const FORMER = "dyn(oldObject).spec.?replicas.orValue(1)";

/** The marker, which the agents keep, says how many members the ring has. */
const MEMBERS = `int(params.data[${JSON.stringify(MARKER_MEMBERS)}])`;

/**
 * Refuses a StatefulSet fewer pods than its ring has members, whoever asks: a preview, a deployment, `kubectl scale`. Each member holds rows
 * that only two others have. None at all is a pause, which takes nothing out of the ring.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function sizePolicy(database: string, { namespace, labels, parent }: SizePolicySpec): void {
  // One part more than that of its account's policy has: no two come to the same name.
  const name = pulumi.interpolate`${database}.${namespace}.size.${DOMAIN}`;
  const marker = bootstrapMarkerName(database);
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    `${database}-size-policy`,
    {
      metadata: { name, labels },
      spec: {
        failurePolicy: "Fail",
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          resourceRules: [
            {
              apiGroups: ["apps"],
              apiVersions: ["v1"],
              operations: ["UPDATE"],
              resources: ["statefulsets", "statefulsets/scale"],
              resourceNames: [database],
            },
          ],
        },
        validations: [
          {
            expression:
              `!has(params.data) || !(${JSON.stringify(MARKER_MEMBERS)} in params.data) || ${WANTED} == 0 || ` +
              `${WANTED} >= ${MEMBERS} || ${FORMER} > 0 && ${WANTED} >= ${FORMER}`,
            messageExpression: pulumi
              .output(namespace)
              .apply(
                (place) =>
                  `'${database} has ' + string(${MEMBERS}) + ' members, and each holds rows that only two others have: ` +
                  `before it gets fewer pods, the others must leave the ring. Have them do so by ` +
                  `kubectl -n ${place} annotate configmap ${marker} ${SCALE_IN_TO}=' + string(${WANTED}) + ' --overwrite, ` +
                  `and deploy again when its status says that the ring has so many'`,
              ),
          },
        ],
      },
    },
    replaceable(parent),
  );
  new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    `${database}-size-policy-binding`,
    {
      metadata: { name, labels },
      spec: {
        policyName: policy.metadata.name,
        // Before there is a ring, there is nothing to keep.
        paramRef: { name: marker, namespace, parameterNotFoundAction: "Allow" },
        validationActions: ["Deny"],
      },
    },
    replaceable(parent),
  );
}
