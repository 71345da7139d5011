import { didYouMean } from "../common/did-you-mean";
import type { Problems } from "../common/problems";
import { Grant, type UserArgs } from "../credentials/user-args";
import { userLoginSecretName } from "../protocol/names";
import { MOST_USERS } from "../protocol/users";
import type { DatabaseArgs } from "./args";
import { DATABASE_DEFAULTS } from "./defaults";

type Args = Pick<DatabaseArgs, "users" | "databases" | "username" | "database">;

/** How an engine takes users beside the application's. */
export interface UserRules {
  /** Whether a new password comes with another name to log in by, `<user>_a` or `<user>_b`. */
  alternates: boolean;
  /** Names that the engine and its members keep for themselves, beside `reservedUsers`, as a pattern and in words. */
  reserved: { pattern: RegExp; rule: string };
}

/** What of an engine's limits bears on them. */
interface Limits {
  engine: string;
  identifier: { pattern: RegExp; rule: string };
  reservedDatabases: string[];
  reservedUsers: string[];
  users?: UserRules;
}

/** Finds what is wrong with the lists of users and databases: each by itself, and all of them together. */
export function checkUsers(args: Args, limits: Limits, problems: Problems): void {
  const { users = {}, databases = {} } = args;
  if (limits.users === undefined) {
    for (const key of ["users", "databases"] as const) {
      if (args[key] === undefined) continue;
      problems.add(key, {
        allowed: `nothing, for ${limits.engine}: it has the application's user and the administrator`,
        fix: "remove it, or make another database for each application that is to have passwords of its own",
      });
    }
    return;
  }
  const present = Object.values(users).filter(({ absent }) => absent !== true).length;
  if (present > MOST_USERS) {
    problems.add("users", {
      value: present,
      allowed: `up to ${MOST_USERS} users that are to be there`,
      fix: "let applications share users, or make another database",
    });
  }
  checkDatabaseNames(args, limits, problems);
  for (const [name, user] of Object.entries(users)) {
    const here = problems.at(`users.${name}`);
    checkUserName(name, args, limits, here);
    checkUser(user, [args.database ?? DATABASE_DEFAULTS.database, ...Object.keys(databases)], here);
  }
  checkOwners(args, problems);
  checkSecretNames(Object.keys(users), problems);
}

function checkDatabaseNames(
  { databases = {}, database = DATABASE_DEFAULTS.database }: Args,
  { engine, identifier, reservedDatabases }: Limits,
  problems: Problems,
): void {
  for (const name of Object.keys(databases)) {
    const here = problems.at(`databases.${name}`);
    if (!identifier.pattern.test(name)) {
      here.add("", { value: name, allowed: identifier.rule, fix: "choose another name" });
    } else if (reservedDatabases.includes(name)) {
      here.add("", {
        value: name,
        allowed: `a database that ${engine} does not have of its own (${reservedDatabases.join(", ")})`,
        fix: "choose another name; its owner would get all rights on the engine's own tables",
      });
    } else if (name === database) {
      here.add("", {
        value: name,
        allowed: "databases beside the application's, which `database` names",
        fix: "remove it: that one is made anyway",
      });
    }
  }
}

/** A name of the engine's own, or of the application, would take their rights, or give them away. */
function checkUserName(
  name: string,
  { users = {}, username = DATABASE_DEFAULTS.username }: Args,
  { engine, identifier, reservedUsers, users: rules }: Limits,
  problems: Problems,
): void {
  const alternates = (user: string): string[] =>
    rules?.alternates === true ? [`${user}_a`, `${user}_b`] : [];
  const others = Object.keys(users).filter((other) => other !== name);
  const taken = others.find((other) => alternates(other).includes(name));
  if (!identifier.pattern.test(name)) {
    problems.add("", { value: name, allowed: identifier.rule, fix: "choose another name" });
  } else if (reservedUsers.includes(name) || rules?.reserved.pattern.test(name) === true) {
    problems.add("", {
      value: name,
      allowed: `a user that neither ${engine} nor its members have of their own (${[...reservedUsers, rules?.reserved.rule].join(", ")})`,
      fix: "choose another name: the agents would change the password of an account that something else needs",
    });
  } else if ([username, ...alternates(username)].includes(name)) {
    problems.add("", {
      value: name,
      allowed: `users beside the application's, ${username}, who is made anyway`,
      fix: "remove it, or choose another name",
    });
  } else if (taken !== undefined) {
    problems.add("", {
      value: name,
      allowed: `a name that no other user logs in by: ${taken} does so as ${alternates(taken).join(" and ")}`,
      fix: "choose another name",
    });
  }
}

function checkUser(
  { grants = {}, absent, ...rest }: UserArgs,
  databases: readonly string[],
  problems: Problems,
): void {
  for (const [database, grant] of Object.entries(grants)) {
    const here = problems.at(`grants.${database}`);
    if (!databases.includes(database)) {
      const meant = didYouMean(database, databases);
      here.add("", {
        value: database,
        allowed: `a database of this one's: ${databases.join(", ")}`,
        fix: meant ?? "correct it, or list it in `databases`",
      });
    }
    if (!Object.values(Grant).includes(grant)) {
      here.add("", { value: grant, allowed: Object.values(Grant).join(", "), fix: "choose one of these" });
    }
  }
  if (absent !== true) return;
  const given = Object.entries<unknown>({ ...rest, ...(Object.keys(grants).length > 0 ? { grants } : {}) })
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  if (given.length === 0) return;
  problems.add("absent", {
    value: true,
    allowed: "nothing beside it: the user is removed",
    fix: `remove ${given.join(", ")}, or absent`,
  });
}

function checkOwners(
  { users = {}, databases = {}, username = DATABASE_DEFAULTS.username }: Args,
  problems: Problems,
): void {
  const present = Object.keys(users).filter((name) => users[name]?.absent !== true);
  for (const [name, { owner }] of Object.entries(databases)) {
    if (owner === undefined) continue;
    if (owner !== username && !present.includes(owner)) {
      problems.add(`databases.${name}.owner`, {
        value: owner,
        allowed: `a user of this database's that is to be there: ${[username, ...present].join(", ")}`,
        fix: "list it in `users`, or choose another one",
      });
    } else if (users[owner]?.grants?.[name] !== undefined) {
      problems.add(`users.${owner}.grants.${name}`, {
        value: users[owner].grants[name],
        allowed: "nothing: the database belongs to this user, who has all rights on it",
        fix: "remove it",
      });
    }
  }
}

/** Names of Secrets have small letters and no `_`. */
function checkSecretNames(users: readonly string[], problems: Problems): void {
  const secretOf = (user: string): string => userLoginSecretName("", user);
  for (const [index, user] of users.entries()) {
    const other = users.slice(0, index).find((before) => secretOf(before) === secretOf(user));
    if (other === undefined) continue;
    problems.add(`users.${user}`, {
      value: user,
      allowed: `a name that differs from ${other} in more than capitals, '_' and '-': both log in by the Secret <name>${secretOf(user)}`,
      fix: "choose another name",
    });
  }
}
