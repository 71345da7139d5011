import type { WantedUser, WantedUsers } from "../../components/protocol/users";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { type Attempt, KeptLists, type Wanted } from "../core/kept-lists";
import type { Notice, Notices } from "../core/notices";
import { noPassword, notOurs } from "../core/user-notices";
import { AccountPasswords } from "./account-passwords";
import { grantIn, makeAdministrator, unmakeAdministrator } from "./grants";
import { identifier } from "./identifiers";
import { checkedPassword } from "./passwords";
import type { Login, RootConnection } from "./sql";

/** What an account says of itself that is kept by the agents, and what it is. */
const MARK = "stateful";
type Mark = "user" | "administrator";

/** What the lists are kept with. */
interface UserParts {
  root: Pick<RootConnection, "run">;
  credentials: Credentials;
  /** Whether somebody can log in so. */
  canLogIn: (login: Login) => Promise<boolean>;
  notices: Notices;
  clock: Clock;
}

/**
 * Makes users and databases beside the application's match their lists, on the primary, from where the group takes it everywhere.
 *
 * An account that the agents made says so in its attributes. One that does not is somebody else's, and is left as it is, whatever the list
 * says. None is removed but one that the list calls absent; a database never.
 */
export class Users {
  private readonly passwords: AccountPasswords;
  private readonly lists: KeptLists;
  /** Accounts whose connections have been ended here since they are gone. */
  private readonly ended = new Set<string>();

  constructor(private readonly parts: UserParts) {
    this.passwords = new AccountPasswords(parts);
    this.lists = new KeptLists(parts);
  }

  /** Does nothing when nothing has changed since it was last carried out. */
  async reconcile(): Promise<void> {
    const { root, credentials } = this.parts;
    const application = await credentials.find("username");
    const [directory] = await root.run("SELECT @@server_uuid AS id");
    await this.lists.reconcile([directory?.["id"], application], {
      carryOut: async (wanted, attempt) => this.carryOut(wanted, application, attempt),
      unlisted: async (lists) => this.unlisted(lists),
    });
  }

  /** It is another member's part now. */
  resign(): void {
    this.lists.resign();
  }

  /** Ends the connections of users that have been removed, which go on without an account. On every member. */
  async endFormer(): Promise<void> {
    const { root } = this.parts;
    for (const { name, absent } of (await this.lists.users.read()).users) {
      if (absent !== true) this.ended.delete(name);
      if (absent !== true || this.ended.has(name)) continue;
      // From whatever host.
      const accounts = await root.run("SELECT 1 FROM mysql.user WHERE user = ?", [name]);
      if (accounts.length > 0) continue;
      for (const row of await root.run("SHOW PROCESSLIST")) {
        // It may have ended by itself.
        if (row["User"] === name)
          await root.run("KILL CONNECTION ?", [Number(row["Id"])]).catch(() => undefined);
      }
      this.ended.add(name);
    }
  }

  private async carryOut(
    { lists, logins, revoke }: Wanted,
    application: string | undefined,
    attempt: Attempt,
  ): Promise<void> {
    for (const [index, user] of lists.users.entries()) {
      this.passwords.forget(user.name);
      await attempt(user.name, `the user ${user.name} is not as it is listed`, () =>
        this.keep(user, logins[index], revoke),
      );
    }
    await attempt("databases", "databases are not as they are listed", () =>
      this.keepDatabases(lists, application),
    );
  }

  /** @returns what is to be said of it */
  private async keep(
    { name, absent, administrator, grants }: WantedUser,
    login: Login | string | undefined,
    revoke: boolean,
  ): Promise<Notice | undefined> {
    const { root } = this.parts;
    const mark = await this.markOf(name);
    if (mark === "somebody else's") {
      const statement = `ALTER USER '${name}'@'%' ATTRIBUTE '${attributeOf("user")}'`;
      return notOurs(name, "an account of this name", statement);
    }
    if (absent === true) return mark === undefined ? undefined : await this.remove(name);
    if (typeof login !== "object") return noPassword(name, login);
    const password = checkedPassword(login.password, `user.${name}.password`);
    if (mark === undefined) await this.passwords.create(name, password, { attribute: attributeOf("user") });
    await this.passwords.rotate(name, "%", password);
    if (revoke) await this.passwords.endFormer(name, "%");
    if (administrator === true) {
      // Before the rights: what says that it has them must not be missing when they are to be taken.
      await this.mark(name, "administrator");
      await makeAdministrator(root, name);
    } else if (mark === "administrator") {
      await unmakeAdministrator(root, name);
      await this.mark(name, "user");
    }
    for (const [database, grant] of Object.entries(grants)) await grantIn(root, name, database, grant);
    return undefined;
  }

  private async keepDatabases(
    { databases }: WantedUsers,
    application: string | undefined,
  ): Promise<undefined> {
    for (const { name, owner = application } of databases) {
      await this.parts.root.run(`CREATE DATABASE IF NOT EXISTS ${identifier(name)}`);
      const kept = owner !== undefined && (owner === application || isOurs(await this.markOf(owner)));
      if (kept && owner !== "root") await grantIn(this.parts.root, owner, name, "all");
    }
  }

  private async remove(name: string): Promise<Notice | undefined> {
    const definer = `${name}@%`;
    const [used] = await this.parts.root.run(
      `SELECT (SELECT COUNT(*) FROM information_schema.VIEWS WHERE DEFINER = ?) +
              (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE DEFINER = ?) +
              (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE DEFINER = ?) +
              (SELECT COUNT(*) FROM information_schema.EVENTS WHERE DEFINER = ?) AS used`,
      [definer, definer, definer, definer],
    );
    if (Number(used?.["used"] ?? 0) > 0) {
      return {
        severity: "problem",
        text: `the user ${name} is not removed: views, routines, triggers or events run with its rights, and would fail without it`,
        advice: `make them anew with another DEFINER, or drop them; information_schema names those whose DEFINER is ${definer}`,
      };
    }
    await this.parts.root.run("DROP USER ?@'%'", [name]);
    return undefined;
  }

  /** Whose an account is; `undefined` where there is none. */
  private async markOf(name: string): Promise<Mark | "somebody else's" | undefined> {
    const rows = await this.parts.root.run(
      "SELECT user_attributes->>? AS mark FROM mysql.user WHERE user = ? AND host = '%'",
      [`$.metadata.${MARK}`, name],
    );
    if (rows[0] === undefined) return undefined;
    const { mark } = rows[0];
    return isOurs(mark) ? mark : "somebody else's";
  }

  private async mark(name: string, mark: Mark): Promise<void> {
    await this.parts.root.run("ALTER USER ?@'%' ATTRIBUTE ?", [name, attributeOf(mark)]);
  }

  /** Accounts that the agents made, and nobody lists any more. */
  private async unlisted({ users }: WantedUsers): Promise<string[]> {
    const rows = await this.parts.root.run(
      "SELECT user AS name FROM mysql.user WHERE host = '%' AND user_attributes->>? IS NOT NULL",
      [`$.metadata.${MARK}`],
    );
    const listed = users.map(({ name }) => name);
    return rows.map(({ name }) => String(name)).filter((name) => !listed.includes(name));
  }
}

function isOurs(mark: unknown): mark is Mark {
  return mark === "user" || mark === "administrator";
}

function attributeOf(mark: Mark): string {
  return JSON.stringify({ [MARK]: mark });
}
