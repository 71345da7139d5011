import type { GrantName } from "../../components/protocol/users";
import { grantPattern, pattern } from "./identifiers";
import type { RootConnection, Row } from "./sql";

type Root = Pick<RootConnection, "run">;

/** What a user has in a database, by the word for it. `all` is the server's own word. */
const PRIVILEGES: Readonly<Record<Exclude<GrantName, "all">, readonly string[]>> = {
  none: [],
  read: ["SELECT", "SHOW VIEW"],
  write: [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "EXECUTE",
    "SHOW VIEW",
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
  ],
};

/**
 * What an administrator has everywhere, and may hand on: as the masters of managed servers do. Not what ends the server (SHUTDOWN), reads and
 * writes files (FILE), gets past a server that takes no writes or lets nobody in (SUPER, CONNECTION_ADMIN), changes the group or its
 * settings, or accounts that have SYSTEM_USER, such as root.
 * https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html
 */
const ADMINISTRATOR: readonly string[] = [
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES",
  "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE",
  "ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE ROLE, DROP ROLE",
  "ROLE_ADMIN, APPLICATION_PASSWORD_ADMIN, SET_ANY_DEFINER, XA_RECOVER_ADMIN, SHOW_ROUTINE",
];

/** Gives a user what the word stands for, and takes what is beyond it. What it has already is not taken for a moment. */
export async function grantIn(root: Root, user: string, database: string, grant: GrantName): Promise<void> {
  const on = `ON ${grantPattern(database)}.*`;
  if (grant === "all") {
    await root.run(`GRANT ALL PRIVILEGES ${on} TO ?@'%'`, [user]);
    return;
  }
  const wanted = PRIVILEGES[grant];
  const present = await privilegesIn(root, user, database);
  const beyond = present.filter((privilege) => !wanted.includes(privilege));
  if (wanted.length > 0) await root.run(`GRANT ${wanted.join(", ")} ${on} TO ?@'%'`, [user]);
  if (beyond.length > 0) await root.run(`REVOKE ${beyond.join(", ")} ${on} FROM ?@'%'`, [user]);
}

/** A name may have been written as a pattern or not; only what we write ourselves is taken away. */
async function privilegesIn(root: Root, user: string, database: string): Promise<string[]> {
  const rows: Row[] = await root.run(
    "SELECT PRIVILEGE_TYPE AS privilege FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?",
    [`'${user}'@'%'`, pattern(database)],
  );
  return rows.map(({ privilege }) => String(privilege)).filter((privilege) => privilege !== "USAGE");
}

/** Makes a user an administrator. */
export async function makeAdministrator(root: Root, user: string): Promise<void> {
  await root.run(`GRANT ${ADMINISTRATOR.join(", ")} ON *.* TO ?@'%' WITH GRANT OPTION`, [user]);
}

/** Takes that back. */
export async function unmakeAdministrator(root: Root, user: string): Promise<void> {
  await root.run(`REVOKE ${ADMINISTRATOR.join(", ")}, GRANT OPTION ON *.* FROM ?@'%'`, [user]);
}
