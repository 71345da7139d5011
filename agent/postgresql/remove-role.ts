import { escapeIdentifier, escapeLiteral } from "pg";
import type { Notice } from "../core/notices";
import type { Run } from "./sql";

/**
 * Removes a role with those that log in as it. What it owns is data, and stays: it goes to the owner of the database that it is in.
 *
 * @param inDatabase - runs on a connection to a database.
 * @returns what is to be said where it is not removed
 */
export async function removeRole(
  roles: readonly string[],
  run: Run,
  inDatabase: (database: string, work: (run: Run) => Promise<void>) => Promise<void>,
): Promise<Notice | undefined> {
  const names = roles.map(escapeLiteral).join(", ");
  const there = (await run(`SELECT rolname AS name FROM pg_roles WHERE rolname IN (${names})`)).map(
    ({ name }) => String(name),
  );
  if (there.length === 0) return undefined;
  const databases = await run(
    "SELECT datname AS name, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datallowconn AND datname <> 'template0'",
  );
  const owned = databases.filter(({ owner }) => roles.includes(String(owner)));
  if (owned.length > 0) {
    return {
      severity: "problem",
      text: `the user ${roles[0] ?? ""} is not removed: ${owned.map(({ name }) => String(name)).join(", ")} belongs to it`,
      advice: "give it another owner, in `databases`, or as the administrator by ALTER DATABASE … OWNER TO",
    };
  }
  for (const role of there) await run(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN`);
  await run(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN (${names}) AND pid <> pg_backend_pid()`,
  );
  const all = there.map(escapeIdentifier).join(", ");
  for (const { name, owner } of databases) {
    await inDatabase(String(name), async (within) => {
      // In one message, and so in one transaction. What is left to drop are rights alone.
      await within(`REASSIGN OWNED BY ${all} TO ${escapeIdentifier(String(owner))};\nDROP OWNED BY ${all}`);
    });
  }
  await run(`DROP ROLE ${all}`);
  return undefined;
}
