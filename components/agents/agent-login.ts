import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { replaceable } from "../common/retention";
import { loginSecretName, userLoginSecretName } from "../protocol/names";

/**
 * The Secrets that applications and further users log in by, one each. They are made here, and empty: the agents write a user and its
 * password into one once the servers let them in. Kubelets bring a Secret to each pod at a moment of its own, so that what applications and
 * servers read in one Secret would be known to some applications before their server.
 *
 * They hold nothing that is not in the database's own Secrets, and so go with the stack. Applying it once more takes nothing
 * away, since `data` is left out.
 */
export function agentLogins(
  database: string,
  {
    users,
    namespace,
    labels,
    parent,
  }: {
    /** Further users. */
    users: string[];
    namespace: pulumi.Input<string>;
    labels: Record<string, pulumi.Input<string>>;
    parent: pulumi.Resource;
  },
): { application: k8s.core.v1.Secret; others: k8s.core.v1.Secret[] } {
  const make = (name: string, opts: pulumi.CustomResourceOptions) =>
    new k8s.core.v1.Secret(name, { metadata: { name, namespace, labels } }, opts);
  return {
    application: make(loginSecretName(database), { parent }),
    others: users.map((user) => make(userLoginSecretName(database, user), replaceable(parent))),
  };
}
