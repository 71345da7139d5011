import * as pulumi from "@pulumi/pulumi";
import { MEMBERS, SCALE_IN_TO } from "../protocol/annotations";
import { DOMAIN } from "../protocol/labels";
import { bootstrapMarkerName } from "../protocol/names";
import { admissionPolicy, text } from "./admission-policy";

/** What a policy for a database is made of. */
export interface SizePolicySpec {
  namespace: pulumi.Input<string>;
  /** How many members the deployment asks for, also while they are paused. */
  replicas: number;
  labels: Record<string, pulumi.Input<string>>;
  parent: pulumi.Resource;
}

/** How many pods an object asks for. A set that does not say asks for one, and a scale for none. */
const replicasOf = (object: string): string =>
  `dyn(${object}).spec.?replicas.orValue(request.?subResource.orValue('') == 'scale' ? 0 : 1)`;
const WANTED = replicasOf("object");
const FORMER = replicasOf("oldObject");

/** What the agents say on the StatefulSet of their ring; 0 before there is one, where there is nothing to keep. */
const RING = `int(dyn(oldObject).metadata.?annotations[?${text(MEMBERS)}].orValue('0'))`;

/**
 * Refuses a StatefulSet fewer pods than its ring has members, whoever asks: a preview, a deployment, `kubectl scale`. Each member holds rows
 * that only two others have.
 *
 * It goes by the object itself, and by no parameter: an API server that has once seen the last policy go that had a ConfigMap for one
 * finds none any more, or an old one, until it is started again (kubernetes/kubernetes#130887).
 */
export function sizePolicy(database: string, { namespace, replicas, labels, parent }: SizePolicySpec): void {
  // One part more than that of its account's policy has: no two come to the same name.
  const name = pulumi.interpolate`${database}.${namespace}.size.${DOMAIN}`;
  const marker = bootstrapMarkerName(database);
  admissionPolicy(`${database}-size-policy`, {
    metadata: { name, labels },
    namespace,
    resourceRules: [
      {
        apiGroups: ["apps"],
        apiVersions: ["v1"],
        operations: ["UPDATE"],
        resources: ["statefulsets", "statefulsets/scale"],
        resourceNames: [database],
      },
    ],
    validations: [
      {
        // A set that has too few already may stay as it is; one that was paused is to come back as it was.
        expression: of("", `${WANTED} >= ${RING} || ${FORMER} > 0 && ${WANTED} >= ${FORMER}`),
        messageExpression: pulumi
          .output(namespace)
          .apply(
            (place) =>
              `'${database} has ' + string(${RING}) + ' members, and each holds rows that only two others have: ` +
              `before it gets fewer pods, the others must leave the ring. Have them do so by ` +
              `kubectl -n ${place} annotate configmap ${marker} ${SCALE_IN_TO}=' + string(${WANTED}) + ' --overwrite, ` +
              `and deploy again when its status says that the ring has so many'`,
          ),
      },
      {
        // All that there is of a scale is a number: after a pause, that of the deployment tells how many are to come back.
        expression: of("scale", `${WANTED} >= (${FORMER} > 0 ? ${FORMER} : ${replicas})`),
        message:
          `${database} is a ring: its members must leave that before it gets fewer pods, and a scale does not tell how many it has. ` +
          `A scale may stop all (0) and have all back (${replicas}), and add some; for fewer, deploy the stack with the replicas that you want`,
      },
    ],
    parent,
  });
}

/** A rule for the set itself or for its scale. To have no pods at all is a pause, which takes nothing out of the ring. */
function of(subResource: string, rule: string): string {
  return `request.?subResource.orValue('') != '${subResource}' || ${WANTED} == 0 || ${rule}`;
}
