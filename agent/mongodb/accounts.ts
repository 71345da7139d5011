import { ACCOUNTS_DATABASE, ADMINISTRATOR } from "../../components/mongodb/protocol";
import { alternatesOf, PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { ListedUsers } from "../core/users";
import type { Login } from "../core/types";
import type { Commands } from "./connection";
import { type Document, documentsIn, textIn } from "./wire";

/** What is done on few members is undone where the primary is lost. */
const SAFELY = { w: "majority", wtimeout: 10_000 };

/** For as long as the other members take to have it, and a little more; ms. */
const WITHIN = 15_000;

/** By nothing weaker. https://www.mongodb.com/docs/manual/core/security-scram/ */
export const MECHANISMS = ["SCRAM-SHA-256"];

/**
 * What an application may do with its database: all with the data, its indexes and its collections' rules, nothing with accounts.
 * https://www.mongodb.com/docs/manual/reference/built-in-roles/#database-user-roles
 */
const APPLICATION_ROLES = ["readWrite", "dbAdmin"];

/** Accounts lie in the data: the primary makes them, and the others get them with the rest. */
export class Accounts {
  /** What was last made as the Secret says. */
  private done: string | undefined;

  constructor(
    private readonly server: Commands,
    private readonly credentials: Pick<Credentials, "read" | "find">,
    /** Whether the local server lets somebody in. */
    private readonly letsIn: (login: Login) => Promise<boolean>,
  ) {}

  /** Whether an application's user is there: with a new password comes another one, and the former goes on. */
  async isAdmitted(): Promise<boolean> {
    const owner = await this.credentials.read("owner");
    const names = new Set([await this.username(), owner, ...alternatesOf(owner)]);
    const found = await this.found([...names]);
    return found.length > 0;
  }

  /** Makes the accounts as the Secret says, on the primary. Does nothing when nothing has changed. */
  async reconcile(): Promise<void> {
    const { credentials } = this;
    const [user, owner] = [await this.username(), await credentials.read("owner")];
    const database = await credentials.read("database");
    const password = await credentials.read(PASSWORD_FILES.application);
    const administrator = await credentials.read(PASSWORD_FILES.administrator);
    const databases = [database, ...(await this.ownDatabases())];
    const state = JSON.stringify([user, owner, databases, password, administrator]);
    if (state === this.done) return;
    if (user === ADMINISTRATOR || user.startsWith("__"))
      throw new Error(
        `the Secret's "username" is "${user}", an account of the server's own: write another name`,
      );
    await this.make({ user: ADMINISTRATOR, password: administrator }, [
      { role: "root", db: ACCOUNTS_DATABASE },
    ]);
    await this.make(
      { user, password },
      databases.flatMap((db) => APPLICATION_ROLES.map((role) => ({ role, db }))),
    );
    this.done = state;
  }

  /** It is another member's part now. */
  resign(): void {
    this.done = undefined;
  }

  /** Listed databases that no user owns. */
  private async ownDatabases(): Promise<string[]> {
    const { databases } = await new ListedUsers(this.credentials).read();
    return databases.filter(({ owner }) => owner === undefined).map(({ name }) => name);
  }

  private async username(): Promise<string> {
    return (await this.credentials.find("username")) ?? (await this.credentials.read("owner"));
  }

  private async make({ user, password }: Login, roles: readonly object[]): Promise<void> {
    const [found] = await this.found([user]);
    if (found === undefined) {
      await this.change({ createUser: user, pwd: password, roles, mechanisms: MECHANISMS });
      return;
    }
    const known = await this.letsIn({ user, password });
    if (known && hasRoles(found, roles)) return;
    await this.change({
      updateUser: user,
      roles,
      ...(known ? {} : { pwd: password, mechanisms: MECHANISMS }),
    });
  }

  private async change(command: Document): Promise<void> {
    await changeAccount(this.server, command);
  }

  private async found(users: readonly string[]): Promise<Document[]> {
    return await findAccounts(this.server, users);
  }
}

/** Makes, changes or removes an account. */
export async function changeAccount(server: Commands, command: Document): Promise<void> {
  await server.run({ ...command, $db: ACCOUNTS_DATABASE, writeConcern: SAFELY }, WITHIN);
}

/** Those of some accounts that there are. */
export async function findAccounts(server: Commands, users: readonly string[]): Promise<Document[]> {
  const answer = await server.run({
    usersInfo: users.map((user) => ({ user, db: ACCOUNTS_DATABASE })),
    $db: ACCOUNTS_DATABASE,
    $readPreference: { mode: "primaryPreferred" },
  });
  return documentsIn(answer, "users");
}

function hasRoles(user: Document, wanted: readonly object[]): boolean {
  const named = (roles: readonly object[]): string[] =>
    roles.map((one) => `${textIn(one as Document, "role")}@${textIn(one as Document, "db")}`).sort();
  return JSON.stringify(named(documentsIn(user, "roles"))) === JSON.stringify(named(wanted));
}
