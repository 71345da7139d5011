/** The account by which members reach each other's data. */
export const REPLICATION_USER = "stateful_replication";

/** Files with passwords, below the directory of credentials. */
export const PASSWORD_FILES = {
  /** The administrator's. */
  administrator: "root-password",
  /** The application's. */
  application: "password",
  /** The members' own, by which they also prove to each other that they are members. */
  replication: "replication-password",
} as const;

/** Keys of the Secret that applications log in by. */
export const LOGIN_KEYS = { username: "username", password: "password" } as const;

/** The two users that a rotation alternates between, where a new password comes with another user. */
export function alternatesOf(owner: string): [string, string] {
  return [`${owner}_a`, `${owner}_b`];
}
