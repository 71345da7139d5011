import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DataPolicy, ownedAcrossLives, type RetainingProvider, retained } from "../common/retention";
import { ALTERNATE_USERS, ROTATION_WANTED } from "../protocol/annotations";
import { usersName } from "../protocol/names";
import { userLoginKey, userPasswordKey, userRotationKey } from "../protocol/users";
import { alternateUser } from "./alternate-user";
import { chosenPassword, FIRST_ROTATION, withoutTrailingNewline } from "./password-secret";
import { decodeSecret } from "./secret-contents";
import type { UserArgs } from "./user-args";

/** What the Secret with the passwords of a database's further users is made of. */
export interface UserPasswordsSpec {
  namespace: pulumi.Input<string>;
  users: Record<string, UserArgs>;
  /** Whether a new password comes with another name to log in by. */
  alternateUsers: boolean;
  maxPasswordBytes?: number | undefined;
  dataPolicy?: DataPolicy | undefined;
  labels: Record<string, pulumi.Input<string>>;
  retainingProvider: RetainingProvider;
  parent: pulumi.Resource;
}

/**
 * The Secret that agents take the passwords of further users from, one for all of them: pods mount it whether it is there or not, so
 * that a new user restarts none. Who logs in reads another one, of his own: `agentLogins`.
 *
 * Each user's values are a patch of their own, which stays when the user leaves the list: who is listed again has the password that the
 * server has.
 *
 * @returns what pods must wait for
 */
export function userPasswords(database: string, spec: UserPasswordsSpec): pulumi.Resource[] {
  const { namespace, labels, alternateUsers, dataPolicy, parent } = spec;
  const users = Object.entries(spec.users).filter(([, { absent }]) => absent !== true);
  if (users.length === 0) return [];
  const name = usersName(database);
  const rotations = users.map(([user, { passwordRotation = FIRST_ROTATION }]) => [user, passwordRotation]);
  const secret = new k8s.core.v1.Secret(
    `${name}-passwords`,
    {
      metadata: {
        name,
        namespace,
        labels,
        annotations: {
          ...ownedAcrossLives(),
          [ROTATION_WANTED]: JSON.stringify(Object.fromEntries(rotations)),
          ...(alternateUsers ? { [ALTERNATE_USERS]: users.map(([user]) => user).join(",") } : {}),
        },
      },
    },

    retained(parent, dataPolicy, spec.retainingProvider),
  );
  return users.map(([user, args]) => valuesOf(user, args, secret, name, spec));
}

function valuesOf(
  user: string,
  { password: given, passwordRotation: rotation = FIRST_ROTATION }: UserArgs,
  secret: k8s.core.v1.Secret,
  name: string,
  { namespace, alternateUsers, maxPasswordBytes, dataPolicy, parent }: UserPasswordsSpec,
): pulumi.Resource {
  const [passwordKey, loginKey, rotationKey] = [
    userPasswordKey(user),
    userLoginKey(user),
    userRotationKey(user),
  ];
  const password = chosenPassword(secret, passwordKey, {
    ...{ name: `${name}-${user}`, given, rotation, maxPasswordBytes, parent },
    inForce: secret.data.apply((data) => decodeSecret(data, rotationKey)),
  }).apply(withoutTrailingNewline);
  const login = pulumi.unsecret(
    pulumi.all([secret.data, password]).apply(([data, value]) => {
      const present = { username: decodeSecret(data, loginKey), password: decodeSecret(data, passwordKey) };
      return alternateUser(user, present, value);
    }),
  );
  return new k8s.core.v1.SecretPatch(
    `${name}-${user}-values`,
    {
      metadata: {
        name: secret.metadata.name,
        namespace,
        // The values are still owned by the patch of an earlier life of the stack.
        annotations: { "pulumi.com/patchForce": "true" },
      },
      stringData: {
        [passwordKey]: password,
        [rotationKey]: rotation,
        ...(alternateUsers ? { [loginKey]: login } : {}),
      },
    },
    retained(parent, dataPolicy, undefined),
  );
}
