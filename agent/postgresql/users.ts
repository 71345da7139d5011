import { createHash } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import { alternatesOf } from "../../components/protocol/accounts";
import type { WantedUser, WantedUsers } from "../../components/protocol/users";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { type Attempt, KeptLists, type Wanted } from "../core/kept-lists";
import type { Notice, Notices } from "../core/notices";
import { noPassword, notOurs } from "../core/user-notices";
import { createRole, quietly, setPassword, type Server } from "./accounts";
import { ADMINISTRATOR_ROLES, grantIn, ownerOf } from "./grants";
import { removeRole } from "./remove-role";
import type { Login } from "../core/types";
import type { Run } from "./sql";

/** What the comment of a role begins with that is kept by the agents; what it has been given follows. */
const MARK = "kept by stateful";
/** What follows there of an administrator. */
const ADMINISTRATOR = "administrator";

/** How long a statement over all tables of a database may take, ms. */
const PATIENCE = 60_000;

/** How often connections of roles that may no longer log in are looked for, ms. */
const LOOK_EVERY = 10_000;

/** What the lists are kept with. */
interface UserParts {
  credentials: Credentials;
  notices: Notices;
  clock: Clock;
  server: Server;
}

/** What is known of a role that is there. */
interface Found {
  ours: boolean;
  administrator: boolean;
  /** What it was given, as {@link digestOf} says it. */
  given: string;
}

/**
 * Makes roles and databases beside the application's match their lists, on the primary.
 *
 * What a user has belongs to a role of its name. It logs in as one of two that may act as it, as the application does: a rotation
 * alternates between them. A role that the agents made says so in its comment. One that does not is somebody else's, and is left as it is,
 * whatever the list says. None is removed but one that the list calls absent; a database never.
 */
export class Users {
  private readonly lists: KeptLists;
  private endedAt = -Infinity;

  constructor(private readonly parts: UserParts) {
    this.lists = new KeptLists(parts);
  }

  /**
   * Does nothing when nothing has changed since it was last carried out.
   *
   * @param directory - identity of the data directory: one that is made anew has none of the roles.
   */
  async reconcile(directory: string | undefined): Promise<void> {
    const application = await this.parts.credentials.read("owner");
    await this.lists.reconcile([directory, application], {
      carryOut: async (wanted, attempt) => this.carryOut(wanted, application, attempt),
      unlisted: async (lists) => this.unlisted(lists),
    });
  }

  /** It is another member's part now. */
  resign(): void {
    this.lists.resign();
  }

  /** Ends the connections of who has been removed, or may not log in any more. On every member, which hears of it with the data. */
  async endFormer(): Promise<void> {
    const { credentials, clock, server } = this.parts;
    if (clock() - this.endedAt < LOOK_EVERY) return;
    this.endedAt = clock();
    const { users: listed } = await this.lists.users.read();
    const revoke = (await credentials.find("revoke-previous")) === "true";
    const revoked = revoke ? listed.flatMap(({ name }) => alternatesOf(name)) : [];
    const someGone = listed.some(({ absent }) => absent === true);
    if (revoked.length === 0 && !someGone) return;
    const names = [...revoked, ""].map(escapeLiteral).join(", ");
    await server.asAdministrator("postgres", async (run) =>
      run(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity LEFT JOIN pg_roles ON pg_roles.oid = usesysid
           WHERE backend_type = 'client backend' AND usesysid IS NOT NULL
             AND (rolname IS NULL OR NOT rolcanlogin AND rolname IN (${names}))`,
      ),
    );
  }

  private async carryOut(
    { lists, logins, revoke }: Wanted,
    application: string,
    attempt: Attempt,
  ): Promise<void> {
    const kept: WantedUser[] = [];
    for (const [index, user] of lists.users.entries()) {
      const work = () => this.keepRole(user, logins[index], revoke);
      if (await attempt(user.name, `the user ${user.name} is not as it is listed`, work)) kept.push(user);
    }
    for (const database of lists.databases) {
      await attempt(`database ${database.name}`, `the database ${database.name} is not as it is listed`, () =>
        this.keepDatabase(database, application),
      );
    }
    for (const user of kept.filter(({ absent }) => absent !== true)) {
      await attempt(user.name, `the user ${user.name} has not the rights that are listed`, () =>
        this.keepRights(user, application, lists),
      );
    }
  }

  /** Makes the role with those that log in as it, or removes them. */
  private async keepRole(
    { name, absent }: WantedUser,
    login: Login | string | undefined,
    revoke: boolean,
  ): Promise<Notice | undefined> {
    return await this.asAdministrator("postgres", async (run) => {
      const roles = [name, ...alternatesOf(name)];
      for (const role of roles) {
        const present = await this.find(run, role);
        if (present !== undefined && !present.ours) {
          return notOurs(name, `a role ${role}`, comment(role, ""));
        }
      }
      if (absent === true) {
        return await removeRole(roles, run, (database, work) => this.asAdministrator(database, work));
      }
      if (typeof login !== "object") return noPassword(name, login);
      if (!roles.includes(login.user)) {
        return noPassword(name, `the Secret calls it ${login.user}: write one of ${roles.join(", ")}`);
      }
      for (const role of new Set([name, login.user])) {
        if ((await this.find(run, role)) !== undefined) continue;
        await run(`${createRole(role)};\n${comment(role, "")}`);
      }
      if (login.user !== name) {
        await run(`GRANT ${escapeIdentifier(name)} TO ${escapeIdentifier(login.user)}`);
        await run(`ALTER ROLE ${escapeIdentifier(login.user)} SET role = ${escapeLiteral(name)}`);
      }
      if (!(await this.parts.server.canLogIn(login))) await setPassword(run, login.user, login.password);
      if (revoke) {
        for (const role of roles.filter((other) => other !== login.user)) {
          if ((await this.find(run, role)) !== undefined)
            await run(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN PASSWORD NULL`);
        }
      }
      return undefined;
    });
  }

  private async keepDatabase(
    { name, owner }: WantedUsers["databases"][number],
    application: string,
  ): Promise<undefined> {
    await this.asAdministrator("postgres", async (run) => {
      const present = await ownerOf(run, name);
      const wanted = owner ?? present ?? application;
      const database = escapeIdentifier(name);
      if (present === undefined) await run(`CREATE DATABASE ${database} OWNER ${escapeIdentifier(wanted)}`);
      else if (present !== wanted)
        await run(`ALTER DATABASE ${database} OWNER TO ${escapeIdentifier(wanted)}`);
      await run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
    });
  }

  /** What it has been given stands in its comment, with the data: a new primary does not do it once more. */
  private async keepRights(user: WantedUser, application: string, wanted: WantedUsers): Promise<undefined> {
    const { name, administrator = false, grants } = user;
    const role = escapeIdentifier(name);
    const given = await this.asAdministrator("postgres", async (run) => {
      const owners = await Promise.all(Object.keys(grants).map(async (database) => ownerOf(run, database)));
      const digest = digestOf([administrator, grants, owners, administrator ? wanted.databases : []]);
      const found = await this.find(run, name);
      if (found === undefined || found.given === digest) return undefined;
      if (administrator) {
        // Before the rights: what says that it has them must not be missing when they are to be taken.
        await run(comment(name, ADMINISTRATOR));
        await run(`ALTER ROLE ${role} CREATEROLE CREATEDB`);
        const listed = wanted.databases.flatMap(({ owner }) => (owner === undefined ? [] : [owner]));
        const others = new Set(
          [...ADMINISTRATOR_ROLES, application, ...listed].filter((one) => one !== name),
        );
        for (const other of others) await run(`GRANT ${escapeIdentifier(other)} TO ${role}`);
      } else if (found.administrator) {
        await run(`ALTER ROLE ${role} NOCREATEROLE NOCREATEDB`);
        const listed = wanted.users.map((one) => one.name).filter((one) => one !== name);
        for (const other of [...ADMINISTRATOR_ROLES, application, ...listed]) {
          if (await isMember(run, name, other)) await run(`REVOKE ${escapeIdentifier(other)} FROM ${role}`);
        }
      }
      return { owners, digest };
    });
    if (given === undefined) return;
    for (const [index, [database, grant]] of Object.entries(grants).entries()) {
      const owner = given.owners[index];
      if (owner === undefined) throw new Error(`there is no database ${database}`);
      await this.asAdministrator(database, async (run) => {
        await grantIn(run, { role: name, database, owner }, grant);
      });
    }
    await this.asAdministrator("postgres", async (run) => {
      await run(comment(name, [...(administrator ? [ADMINISTRATOR] : []), given.digest].join(" ")));
    });
  }

  private async asAdministrator<T>(database: string, work: (run: Run) => Promise<T>): Promise<T> {
    return await this.parts.server.asAdministrator(
      database,
      async (run) => {
        await quietly(run);
        return await work(run);
      },
      PATIENCE,
    );
  }

  private async find(run: Run, role: string): Promise<Found | undefined> {
    const [row] = await run(
      "SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1",
      [role],
    );
    if (row === undefined) return undefined;
    const said = typeof row["comment"] === "string" ? row["comment"] : "";
    const words = said.startsWith(MARK) ? said.slice(MARK.length).replace(/^:/, "").trim().split(" ") : [];
    return {
      ours: said.startsWith(MARK),
      administrator: words.includes(ADMINISTRATOR),
      given: words.filter((word) => word !== ADMINISTRATOR).join(" "),
    };
  }

  /** Roles that the agents made, and nobody lists any more. */
  private async unlisted({ users }: WantedUsers): Promise<string[]> {
    const rows = await this.asAdministrator("postgres", async (run) =>
      run(
        `SELECT rolname AS name FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE ${escapeLiteral(`${MARK}%`)}`,
      ),
    );
    const listed = users.flatMap(({ name }) => [name, ...alternatesOf(name)]);
    const names = rows.map(({ name }) => String(name)).filter((name) => !listed.includes(name));
    const logins = names.flatMap(alternatesOf);
    return names.filter((name) => !logins.includes(name));
  }
}

function comment(role: string, given: string): string {
  return `COMMENT ON ROLE ${escapeIdentifier(role)} IS ${escapeLiteral(given === "" ? MARK : `${MARK}: ${given}`)}`;
}

function digestOf(given: unknown): string {
  return createHash("sha256").update(JSON.stringify(given)).digest("hex").slice(0, 16);
}

async function isMember(run: Run, member: string, role: string): Promise<boolean> {
  const rows = await run(
    `SELECT 1 FROM pg_auth_members JOIN pg_roles AS role ON role.oid = roleid JOIN pg_roles AS member ON member.oid = member
      WHERE member.rolname = $1 AND role.rolname = $2`,
    [member, role],
  );
  return rows.length > 0;
}
