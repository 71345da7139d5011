/** Key of the application user's password in a Secret of ours. */
export const PASSWORD_KEY = "password";
/** Key of the application's user in a Secret of ours. */
export const USERNAME_KEY = "username";

/** Key of the user that a password is of, by the key of that. */
export function usernameKeyOf(passwordKey: string): string {
  return passwordKey.replace(/password$/, "username");
}

/** Key of the rotation that a password was made for, where each in a Secret has one of its own, by the key of that; none of anything else. */
export function rotationKeyOf(key: string): string | undefined {
  return key.endsWith("password") ? key.replace(/password$/, "rotation") : undefined;
}

/** A value of a Secret as a text. */
export function decodeSecret(data: Record<string, string> | undefined, key: string): string | undefined {
  const value = data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}
