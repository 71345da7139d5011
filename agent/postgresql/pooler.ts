import {
  POOLER_KEY,
  POOLER_SCHEMA,
  POOLER_USER,
  POOLER_USER_KEY,
  POOLER_USERS,
} from "../../components/postgresql/protocol";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Credentials } from "../core/credentials";
import { readPassword } from "./member-passwords";
import type { Run } from "./sql";

/** Accounts that log in for the members' sake. */
const MEMBERS_OWN = "stateful\\_%";

/** PgBouncer's account, as the Secret has it. */
export interface PoolerLogin {
  user: string;
  password: string;
}

/**
 * The account that the Secret names. None in a pod that was made before there was a pooler: it is being replaced.
 * @throws Error when it names another one than is let in.
 */
export async function poolerLogin(credentials: Credentials): Promise<PoolerLogin | undefined> {
  if ((await credentials.find(POOLER_KEY)) === undefined) return undefined;
  const user = (await credentials.find(POOLER_USER_KEY)) ?? POOLER_USER;
  if (!POOLER_USERS.includes(user)) {
    throw new Error(
      `the Secret's "${POOLER_USER_KEY}" is "${user}": write one of ${POOLER_USERS.join(", ")}, or remove the key`,
    );
  }
  return { user, password: await readPassword(credentials, POOLER_KEY) };
}

/** Those of its accounts that may log in: the one before the present one too, until it is ended. */
export async function poolersLetIn(run: Run): Promise<string[]> {
  const names = POOLER_USERS.map(escapeLiteral).join(", ");
  const rows = await run(`SELECT rolname FROM pg_roles WHERE rolname IN (${names}) AND rolcanlogin`);
  return rows.map(({ rolname }) => String(rolname));
}

/**
 * Lets PgBouncer look up the passwords of those who may log in through it, in the application's database. Nobody else
 * may use the function, which reads what only the administrator can: it belongs to him, whoever made its schema.
 */
export async function admitPooler(run: Run, users: readonly string[]): Promise<void> {
  const schema = escapeIdentifier(POOLER_SCHEMA);
  const grantees = users.map(escapeIdentifier).join(", ");
  const lookup = `${schema}.lookup(text)`;
  // In one message, and so in one transaction.
  await run(
    [
      `CREATE SCHEMA IF NOT EXISTS ${schema}`,
      `ALTER SCHEMA ${schema} OWNER TO CURRENT_USER`,
      `REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`,
      `DROP FUNCTION IF EXISTS ${lookup}`,
      `CREATE FUNCTION ${schema}.lookup(login text) RETURNS TABLE (name text, hash text)
         LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
           SELECT rolname::text, rolpassword FROM pg_authid
           WHERE rolname = login AND rolcanlogin AND NOT rolsuper AND NOT rolreplication
             AND rolname NOT LIKE ${escapeLiteral(MEMBERS_OWN)}
             AND (rolvaliduntil IS NULL OR rolvaliduntil > now())
         $$`,
      `REVOKE ALL ON FUNCTION ${lookup} FROM PUBLIC`,
      `GRANT USAGE ON SCHEMA ${schema} TO ${grantees}`,
      `GRANT EXECUTE ON FUNCTION ${lookup} TO ${grantees}`,
    ].join(";\n"),
  );
}

/**
 * Its accounts that are let in: the one before stays until the next rotation, unless the Secret revokes it.
 *
 * @param present what every pod of it logs in with by now; absent while that is not known
 */
export function poolersToKeep(present: string | undefined, revoke: boolean): string[] {
  if (present === undefined) return POOLER_USERS;
  if (revoke) return [present];
  const alternates = POOLER_USERS.filter((user) => user !== POOLER_USER);
  return present === alternates.at(-1) ? alternates : POOLER_USERS;
}

/** Keeps PgBouncer's accounts out, but for some. */
export async function dismissPooler(run: Run, kept: readonly string[] = []): Promise<void> {
  for (const user of await poolersLetIn(run)) {
    if (!kept.includes(user)) await run(`ALTER ROLE ${escapeIdentifier(user)} NOLOGIN PASSWORD NULL`);
  }
}
