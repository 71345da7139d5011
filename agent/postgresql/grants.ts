import type { GrantName } from "../../components/protocol/users";
import { POOLER_SCHEMA } from "../../components/postgresql/protocol";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Run } from "./sql";

/** What a user has, by the word for it: on the database, in each schema on it, its tables and its sequences. */
interface Rights {
  database: string;
  schema: string;
  tables: string;
  sequences: string;
}

const RIGHTS: Readonly<Record<Exclude<GrantName, "none">, Rights>> = {
  read: { database: "CONNECT", schema: "USAGE", tables: "SELECT", sequences: "SELECT" },
  write: {
    database: "CONNECT, TEMPORARY",
    schema: "USAGE",
    tables: "SELECT, INSERT, UPDATE, DELETE",
    sequences: "SELECT, USAGE, UPDATE",
  },
  all: { database: "ALL", schema: "ALL", tables: "ALL", sequences: "ALL" },
};

/** Predefined roles that an administrator has. None that reads all there is: the hashes of passwords are among it. https://www.postgresql.org/docs/17/predefined-roles.html */
export const ADMINISTRATOR_ROLES = ["pg_monitor", "pg_signal_backend", "pg_checkpoint"];

/** Whom a database belongs to. */
export async function ownerOf(run: Run, database: string): Promise<string | undefined> {
  const [row] = await run("SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1", [
    database,
  ]);
  return row === undefined ? undefined : String(row["owner"]);
}

/**
 * Gives a role what the word stands for, on what there is and on what the database's owner makes later, and takes what it had before: in
 * one transaction, so that nobody finds it without.
 *
 * @param run - on a connection to that database.
 */
export async function grantIn(
  run: Run,
  { role, database, owner }: { role: string; database: string; owner: string },
  grant: GrantName,
): Promise<void> {
  const to = escapeIdentifier(role);
  const rights = grant === "none" ? undefined : RIGHTS[grant];
  const schemas = await schemasOf(run);
  const on = (what: string, given: string | undefined): string[] => [
    `REVOKE ALL ON ${what} FROM ${to}`,
    ...(given === undefined ? [] : [`GRANT ${given} ON ${what} TO ${to}`]),
  ];
  const later = (what: string, given: string | undefined): string[] => {
    const whose = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)}`;
    return [
      `${whose} REVOKE ALL ON ${what} FROM ${to}`,
      ...(given === undefined ? [] : [`${whose} GRANT ${given} ON ${what} TO ${to}`]),
    ];
  };
  const statements = [
    ...on(`DATABASE ${escapeIdentifier(database)}`, rights?.database),
    ...schemas.flatMap((name) => {
      const schema = escapeIdentifier(name);
      return [
        ...on(`SCHEMA ${schema}`, rights?.schema),
        ...on(`ALL TABLES IN SCHEMA ${schema}`, rights?.tables),
        ...on(`ALL SEQUENCES IN SCHEMA ${schema}`, rights?.sequences),
      ];
    }),
    ...later("SCHEMAS", rights?.schema),
    ...later("TABLES", rights?.tables),
    ...later("SEQUENCES", rights?.sequences),
  ];
  // In one message, and so in one transaction.
  await run(statements.join(";\n"));
}

/** All but the server's own, and that of the pooler's function, which reads passwords. */
async function schemasOf(run: Run): Promise<string[]> {
  const rows = await run(
    `SELECT nspname AS name FROM pg_namespace
      WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', ${escapeLiteral(POOLER_SCHEMA)}) ORDER BY 1`,
  );
  return rows.map(({ name }) => String(name));
}
