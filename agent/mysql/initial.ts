import type { Connection } from "mysql2/promise";
import { messageOf } from "../core/log";
import { identifier } from "./identifiers";
import { run, type RootConnection } from "./sql";

/** What runs with root's rights, whoever calls it; triggers and events always run with their definer's. */
const AS_ROOT = `
  SELECT CONCAT('view ', TABLE_SCHEMA, '.', TABLE_NAME) AS what FROM information_schema.VIEWS
    WHERE DEFINER = 'root@localhost' AND SECURITY_TYPE = 'DEFINER' AND TABLE_SCHEMA NOT IN ('sys', 'mysql')
  UNION ALL SELECT CONCAT(LOWER(ROUTINE_TYPE), ' ', ROUTINE_SCHEMA, '.', ROUTINE_NAME) FROM information_schema.ROUTINES
    WHERE DEFINER = 'root@localhost' AND SECURITY_TYPE = 'DEFINER' AND ROUTINE_SCHEMA NOT IN ('sys', 'mysql')
  UNION ALL SELECT CONCAT('trigger ', TRIGGER_SCHEMA, '.', TRIGGER_NAME) FROM information_schema.TRIGGERS
    WHERE DEFINER = 'root@localhost' AND TRIGGER_SCHEMA NOT IN ('sys', 'mysql')
  UNION ALL SELECT CONCAT('event ', EVENT_SCHEMA, '.', EVENT_NAME) FROM information_schema.EVENTS
    WHERE DEFINER = 'root@localhost' AND EVENT_SCHEMA NOT IN ('sys', 'mysql')`;

/**
 * Runs an operator's first SQL as root, beginning in the application's database. The application's account comes later, when the server lets
 * somebody in.
 *
 * @throws Error that names the text that fails, or what would run with root's rights whoever calls it.
 */
export async function runInitial(
  root: Pick<RootConnection, "scripts">,
  statements: readonly string[],
  { database, user }: { database: string | undefined; user: string | undefined },
): Promise<void> {
  const connection = await root.scripts();
  try {
    // What is kept with routines is to be what the application's own sessions have, not what ours need.
    await run(connection, "SET SESSION sql_mode = @@GLOBAL.sql_mode");
    if (database !== undefined) {
      await run(connection, `CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
      await run(connection, `USE ${identifier(database)}`);
    }
    for (const [index, statement] of statements.entries()) await runOne(connection, statement, index);
    const left = (await run(connection, AS_ROOT)).map(({ what }) => String(what));
    if (left.length === 0) return;
    const definer = `DEFINER = \`${user ?? "app"}\`@\`%\``;
    throw new Error(
      `with root's rights, whoever uses it, would run: ${left.join(", ")}; give each ${definer}, or a view or routine SQL SECURITY INVOKER`,
    );
  } finally {
    connection.destroy();
  }
}

async function runOne(connection: Connection, statement: string, index: number): Promise<void> {
  try {
    await run(connection, statement);
  } catch (error) {
    throw new Error(`initSql[${index}]: ${messageOf(error)}`, { cause: error });
  }
}
