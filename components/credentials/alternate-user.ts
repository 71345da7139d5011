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
  const [first, second] = [`${name}_a`, `${name}_b`];
  if (present.username === undefined) return first;
  if (present.password === password) return present.username;
  return present.username === first ? second : first;
}
