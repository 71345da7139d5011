import type * as pulumi from "@pulumi/pulumi";
import { mutableConfigMap } from "../common/mutable-config-map";
import type { UserArgs } from "../credentials/user-args";
import { userPasswords } from "../credentials/user-passwords";
import { usersName } from "../protocol/names";
import { USERS_FILE, type WantedUser, type WantedUsers } from "../protocol/users";
import type { DatabaseArgs } from "./args";
import type { DatabaseSpec } from "./spec";

/** Names of the users that are to be there, in the order of the list. */
export function presentUsers({ users = {} }: Pick<DatabaseArgs, "users">): string[] {
  return Object.entries(users).flatMap(([name, { absent }]) => (absent === true ? [] : [name]));
}

/**
 * The lists that the agents keep, and the Secret with the passwords. Pods mount both whether they are there or not, so that nothing
 * restarts when a user comes.
 *
 * @returns what pods must wait for
 */
export function databaseUsers(
  name: string,
  args: Pick<DatabaseArgs, "namespace" | "users" | "databases" | "dataPolicy" | "retainingProvider">,
  { labels, parent }: { labels: Record<string, pulumi.Input<string>>; parent: pulumi.Resource },
  { alternateUsers = false, maxPasswordBytes }: Pick<DatabaseSpec, "alternateUsers" | "maxPasswordBytes">,
): pulumi.Resource[] {
  const { namespace, users = {}, databases = {}, dataPolicy } = args;
  if (Object.keys({ ...users, ...databases }).length === 0) return [];
  const lists = mutableConfigMap(
    usersName(name),
    {
      metadata: { name: usersName(name), namespace, labels },
      data: { [USERS_FILE]: JSON.stringify(wantedUsers({ users, databases }), undefined, 2) },
    },
    { parent, protect: false },
  );
  const passwords = userPasswords(name, {
    ...{ namespace, users, alternateUsers, maxPasswordBytes, dataPolicy, labels, parent },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- it is not typed as a provider
    retainingProvider: args.retainingProvider,
  });
  return [lists.data, ...passwords];
}

function wantedUsers({ users, databases }: Required<Pick<DatabaseArgs, "users" | "databases">>): WantedUsers {
  return {
    databases: Object.entries(databases).map(([name, { owner }]) => ({
      name,
      ...(owner === undefined ? {} : { owner }),
    })),
    users: Object.entries(users).map(([name, args]) => wantedUser(name, args)),
  };
}

function wantedUser(name: string, { absent, administrator, grants = {} }: UserArgs): WantedUser {
  return {
    name,
    ...(absent === true ? { absent } : {}),
    ...(administrator === true ? { administrator } : {}),
    grants: { ...grants },
  };
}
