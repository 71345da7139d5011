import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ALTERNATE_USER_OF, ALTERNATES_WITH } from "../protocol/annotations";
import { alternateMember } from "./alternate-user";
import {
  FIRST_ROTATION,
  type PasswordSecretSpec,
  passwordSecret,
  withoutTrailingNewline,
} from "./password-secret";
import { decodeSecret, usernameKeyOf } from "./secret-contents";

/** An account of the members' that has another name with each new password. */
export interface AlternateMemberArgs {
  /** Key of its password, which ends in `password`; its name is at the key that ends in `username` instead. */
  passwordKey: string;
  /** Name that both names are made of, `<name>_a` and `<name>_b`; its name where the Secret has none. */
  name: string;
}

/** What the members' Secret is made of. */
type MemberSecretSpec = Omit<
  PasswordSecretSpec,
  "name" | "secretName" | "passwords" | "besides" | "parent"
> & {
  secretName?: string;
  memberRotation?: string;
  existingMemberSecret?: string;
  alternateMember?: AlternateMemberArgs;
};

/** The Secret with the members' own passwords. They have a rotation of their own: no client knows them. */
export function memberSecret(
  name: string,
  keys: string[],
  args: MemberSecretSpec,
  parent: pulumi.Resource,
): { secretName: pulumi.Output<string>; checked?: pulumi.Output<unknown> } {
  const { existingMemberSecret: existing, memberRotation: rotation = FIRST_ROTATION } = args;
  if (existing !== undefined) {
    return {
      secretName: pulumi.output(existing),
      checked: checkedMembers(name, existing, keys, args, parent),
    };
  }
  // Until it changes for the first time it goes by the plain name, as in a Secret that an earlier version made.
  const alternates = rotation === FIRST_ROTATION ? undefined : args.alternateMember;
  const { secretName } = passwordSecret({
    ...args,
    name: `${name}-members`,
    secretName: `${args.secretName ?? name}-members`,
    rotation,
    passwords: Object.fromEntries(keys.map((key) => [key, undefined])),
    annotations: alternates
      ? { [ALTERNATE_USER_OF]: alternates.name, [ALTERNATES_WITH]: alternates.passwordKey }
      : {},
    besides: (found, chosen) => {
      const password = alternates && chosen[alternates.passwordKey];
      if (!password) return {};
      const username = pulumi
        .all([found.data, password])
        .apply(([data, value]) => alternateMember(alternates, data, value));
      return { [usernameKeyOf(alternates.passwordKey)]: pulumi.unsecret(username) };
    },
    parent,
  });
  return { secretName };
}

function checkedMembers(
  name: string,
  secretName: string,
  keys: string[],
  { namespace, alternateMember: alternates }: MemberSecretSpec,
  parent: pulumi.Resource,
): pulumi.Output<unknown> {
  const id = pulumi.interpolate`${namespace}/${secretName}`;
  const secret = k8s.core.v1.Secret.get(`${name}-members-existing`, id, { parent });
  return secret.data.apply((data) => {
    const missing = keys.filter((key) => !decodeSecret(data, key));
    if (missing.length > 0) {
      throw new pulumi.RunError(
        `Secret ${secretName} has no key ${missing.map((key) => `"${key}"`).join(", ")}. It needs the members' own passwords, ` +
          `which nobody else uses: ${keys.join(", ")}.`,
      );
    }
    if (alternates) checkName(secretName, alternates, data);
  });
}

/** Members let no other account in for this. */
function checkName(
  secretName: string,
  { passwordKey, name }: AlternateMemberArgs,
  data: Record<string, string>,
): void {
  const key = usernameKeyOf(passwordKey);
  const found = decodeSecret(data, key);
  const allowed = [name, `${name}_a`, `${name}_b`];
  if (found === undefined || allowed.includes(withoutTrailingNewline(found))) return;
  throw new pulumi.RunError(
    `Secret ${secretName}: the value of "${key}" is "${withoutTrailingNewline(found)}". Write one of ${allowed.join(", ")}, ` +
      "or remove the key.",
  );
}
