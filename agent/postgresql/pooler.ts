import { POOLER_SCHEMA, POOLER_USER } from "../../components/postgresql/protocol";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Run } from "./sql";

/** Accounts that log in for the members' sake. */
const MEMBERS_OWN = "stateful\\_%";

/**
 * Lets PgBouncer look up the passwords of those who may log in through it, in the application's database. Nobody else
 * may use the function, which reads what only the administrator can: it belongs to him, whoever made its schema.
 */
export async function admitPooler(run: Run): Promise<void> {
  const [schema, user] = [escapeIdentifier(POOLER_SCHEMA), escapeIdentifier(POOLER_USER)];
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
      `GRANT USAGE ON SCHEMA ${schema} TO ${user}`,
      `GRANT EXECUTE ON FUNCTION ${lookup} TO ${user}`,
    ].join(";\n"),
  );
}

/** Keeps PgBouncer's account out, where there is one. */
export async function dismissPooler(run: Run): Promise<void> {
  const found = await run("SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolcanlogin", [POOLER_USER]);
  if (found.length > 0) await run(`ALTER ROLE ${escapeIdentifier(POOLER_USER)} NOLOGIN`);
}
