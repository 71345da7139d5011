import { ACCOUNTS_DATABASE } from "../../components/mongodb/protocol";
import { alternatesOf } from "../../components/protocol/accounts";
import type { GrantName, WantedUser, WantedUsers } from "../../components/protocol/users";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { type Attempt, KeptLists, type Wanted } from "../core/kept-lists";
import type { Notice, Notices } from "../core/notices";
import type { Login } from "../core/types";
import { noPassword, notOurs } from "../core/user-notices";
import { changeAccount, findAccounts, MECHANISMS } from "./accounts";
import type { Commands } from "./connection";
import { type Document, documentIn, documentsIn, textIn } from "./wire";

/** What an account's own data says of who keeps it. */
const KEEPER = "stateful";

/** A role in a database. */
interface RoleIn {
  role: string;
  db: string;
}

/** https://www.mongodb.com/docs/manual/reference/built-in-roles/#database-user-roles */
const ROLES: Record<GrantName, string[]> = {
  none: [],
  read: ["read"],
  write: ["readWrite"],
  all: ["readWrite", "dbAdmin"],
};

/** To whom a database belongs may give others rights in it, too. */
const OWNS = "dbOwner";

/** https://www.mongodb.com/docs/manual/reference/built-in-roles/#all-database-roles */
const ADMINISTRATES = ["userAdminAnyDatabase", "dbAdminAnyDatabase", "readWriteAnyDatabase"];

/** What the lists are kept with. */
interface UserParts {
  server: Commands;
  credentials: Pick<Credentials, "read" | "find">;
  /** Whether the local server lets somebody in. */
  letsIn: (login: Login) => Promise<boolean>;
  notices: Notices;
  clock: Clock;
}

/**
 * Makes users beside the application's match their list, on the primary, from where the others take it with the data.
 *
 * A user logs in as one of two accounts, as the application does: a rotation alternates between them, and both have its roles. An account that the
 * agents made says so in its own data. One that does not is somebody else's, and is left as it is, whatever the list says. None is
 * removed but one that the list calls absent.
 */
export class Users {
  private readonly lists: KeptLists;

  constructor(private readonly parts: UserParts) {
    this.lists = new KeptLists(parts);
  }

  /** Does nothing when nothing has changed since it was last carried out. @param set - identity of the replica set's data */
  async reconcile(set: string | undefined): Promise<void> {
    await this.lists.reconcile([set], {
      carryOut: async (wanted, attempt) => this.carryOut(wanted, attempt),
      unlisted: async (lists) => this.unlisted(lists),
    });
  }

  /** It is another member's part now. */
  resign(): void {
    this.lists.resign();
  }

  private async carryOut({ lists, logins, revoke }: Wanted, attempt: Attempt): Promise<void> {
    for (const [index, user] of lists.users.entries()) {
      await attempt(user.name, `the user ${user.name} is not as it is listed`, () =>
        this.keep(user, lists, logins[index], revoke),
      );
    }
  }

  /** @returns what is to be said of it */
  private async keep(
    user: WantedUser,
    lists: WantedUsers,
    login: Login | string | undefined,
    revoke: boolean,
  ): Promise<Notice | undefined> {
    const { name } = user;
    const accounts = alternatesOf(name);
    const there = await findAccounts(this.parts.server, accounts);
    const foreign = there.find((account) => keptAs(account) !== name);
    if (foreign !== undefined) {
      const account = textIn(foreign, "user");
      const command = JSON.stringify({ updateUser: account, customData: markOf(name) });
      return notOurs(
        name,
        `an account ${account}`,
        `db.getSiblingDB("${ACCOUNTS_DATABASE}").runCommand(${command})`,
      );
    }
    if (user.absent === true) {
      for (const account of there) await this.remove(account);
      return undefined;
    }
    if (typeof login !== "object") return noPassword(name, login);
    if (!accounts.includes(login.user))
      return noPassword(name, `the Secret calls it ${login.user}: write one of ${accounts.join(", ")}`);
    const had = there.flatMap(rolesOf);
    const roles = wantedRoles(user, lists, had);
    await this.keepAccount(login, there, roles, name);
    for (const former of there.filter((account) => textIn(account, "user") !== login.user)) {
      if (revoke) await this.remove(former);
      else if (!isSame(rolesOf(former), roles))
        await changeAccount(this.parts.server, { updateUser: textIn(former, "user"), roles });
    }
    return undefined;
  }

  /** The one that is logged in by now. */
  private async keepAccount(
    { user, password }: Login,
    there: readonly Document[],
    roles: readonly RoleIn[],
    name: string,
  ): Promise<void> {
    const { server, letsIn } = this.parts;
    const found = there.find((account) => textIn(account, "user") === user);
    if (found === undefined) {
      await changeAccount(server, {
        createUser: user,
        pwd: password,
        mechanisms: MECHANISMS,
        roles,
        customData: markOf(name),
      });
      return;
    }
    const known = await letsIn({ user, password });
    if (known && isSame(rolesOf(found), roles)) return;
    await changeAccount(server, {
      updateUser: user,
      roles,
      ...(known ? {} : { pwd: password, mechanisms: MECHANISMS }),
    });
  }

  private async remove(account: Document): Promise<void> {
    await changeAccount(this.parts.server, { dropUser: textIn(account, "user") });
  }

  private async unlisted({ users }: WantedUsers): Promise<string[]> {
    const answer = await this.parts.server.run({ usersInfo: 1, $db: ACCOUNTS_DATABASE });
    const listed = new Set(users.map(({ name }) => name));
    const kept = documentsIn(answer, "users").flatMap((account) => keptAs(account) ?? []);
    return [...new Set(kept)].filter((name) => !listed.has(name));
  }
}

/** What a user has in databases that its list does not name, it keeps. */
function wantedRoles(
  { administrator, grants, name }: WantedUser,
  { databases }: WantedUsers,
  had: readonly RoleIn[],
): RoleIn[] {
  const owned = databases.filter(({ owner }) => owner === name).map((database) => database.name);
  const disowned = databases.filter(({ owner }) => owner !== undefined && owner !== name);
  const kept = had.filter(
    ({ role, db }) =>
      grants[db] === undefined &&
      !owned.includes(db) &&
      !(role === OWNS && disowned.some((database) => database.name === db)) &&
      !(db === ACCOUNTS_DATABASE && ADMINISTRATES.includes(role)),
  );
  const given = Object.entries(grants).flatMap(([db, grant]) => ROLES[grant].map((role) => ({ role, db })));
  const all = [
    ...kept,
    ...given,
    ...owned.map((db) => ({ role: OWNS, db })),
    ...(administrator === true ? ADMINISTRATES.map((role) => ({ role, db: ACCOUNTS_DATABASE })) : []),
  ];
  return [...new Map(all.map((one) => [named(one), one])).values()];
}

function markOf(user: string): Document {
  return { keptBy: KEEPER, user };
}

/** Whose account it is, by its own data. */
function keptAs(account: Document): string | undefined {
  const mark = documentIn(account, "customData");
  return mark["keptBy"] === KEEPER ? textIn(mark, "user") : undefined;
}

function rolesOf(account: Document): RoleIn[] {
  return documentsIn(account, "roles").map((one) => ({ role: String(one["role"]), db: String(one["db"]) }));
}

function named({ role, db }: RoleIn): string {
  return `${role}@${db}`;
}

function isSame(some: readonly RoleIn[], others: readonly RoleIn[]): boolean {
  const sorted = (roles: readonly RoleIn[]): string => roles.map(named).sort().join(" ");
  return sorted(some) === sorted(others);
}
