import { alternatesOf } from "../protocol/accounts";
import { decodeSecret, usernameKeyOf } from "./secret-contents";

/**
 * The user of a password: the one before while the password stays, and the other one of `<name>_a` and `<name>_b` for a
 * new password, so that who still has the one before is let in.
 *
 * @param present what the Secret holds, if it is there
 */
export function alternateUser(
  name: string,
  present: { username?: string; password?: string },
  password: string,
): string {
  const [first, second] = alternatesOf(name);
  if (present.username === undefined) return first;
  if (present.password === password) return present.username;
  return present.username === first ? second : first;
}

/**
 * The same for an account of the members', which a Secret of an earlier version does not name: it goes on by the plain name until
 * its password changes, since members that have not been replaced yet know no other.
 */
export function alternateMember(
  { name, passwordKey }: { name: string; passwordKey: string },
  data: Record<string, string> | undefined,
  password: string,
): string {
  const present = decodeSecret(data, passwordKey);
  const username =
    decodeSecret(data, usernameKeyOf(passwordKey)) ?? (present === undefined ? undefined : name);
  return alternateUser(name, { username, password: present }, password);
}
