import { DOMAIN } from "../protocol/labels";

/** Key of the application user's password in a Secret of ours. */
export const PASSWORD_KEY = "password";
/** Key of the application's user in a Secret of ours. */
export const USERNAME_KEY = "username";

/** Key of the user that a password is of, by the key of that. */
export function usernameKeyOf(passwordKey: string): string {
  return passwordKey.replace(/password$/, "username");
}

/** Annotation of a Secret: the rotation that its passwords were made for. */
export const ROTATION_IN_FORCE = `${DOMAIN}/password-rotation`;
/** Annotation of a Secret whose user changes with its password: the name that both users are made of. */
export const ALTERNATE_USER_OF = `${DOMAIN}/alternate-user-of`;
/** Annotation of a Secret: key of the password that the user changes with, where it is not `password`. */
export const ALTERNATES_WITH = `${DOMAIN}/alternates-with`;

/** A value of a Secret as a text. */
export function decodeSecret(data: Record<string, string> | undefined, key: string): string | undefined {
  const value = data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}
