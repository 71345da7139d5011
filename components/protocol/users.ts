/** What agents are told of a database's further users and databases, and by which names they find it. */

/** File with the lists, below the directory of credentials. */
export const USERS_FILE = "users.json";

/** How many users there may be beside the application's: members read no report of more. */
export const MOST_USERS = 1_000;

/** What a user may do in a database: nothing any more, read it, write to it, or all but to change what belongs to others. */
export const GRANTS = ["none", "read", "write", "all"] as const;

/** One of them. */
export type GrantName = (typeof GRANTS)[number];

/** A user beside the application's. */
export interface WantedUser {
  name: string;
  /** It is to be removed. */
  absent?: true;
  /** It may make users and databases. */
  administrator?: true;
  /** By the database's name. Of one that is not named, nothing is changed. */
  grants: Record<string, GrantName>;
}

/** The content of that file. */
export interface WantedUsers {
  /** Databases beside the application's. */
  databases: {
    name: string;
    /** Who it belongs to. @default whom it belongs to; for a new one, the application */
    owner?: string;
  }[];
  users: WantedUser[];
}

/** Key of a user's password in the Secret of them all. A name has no dot, so no other key begins like that. */
export function userPasswordKey(user: string): string {
  return `user.${user}.password`;
}

/** Key of the name that a user logs in by, where that changes with the password. */
export function userLoginKey(user: string): string {
  return `user.${user}.username`;
}

/** Key of what asks for another password of a user. */
export function userRotationKey(user: string): string {
  return `user.${user}.rotation`;
}
