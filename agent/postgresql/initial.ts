import { escapeIdentifier } from "pg";
import { messageOf } from "../core/log";
import { quietly } from "./accounts";
import type { asAdministrator } from "./sql";

/** A statement may take as long as it takes. */
const NO_LIMIT = 0;

/**
 * Runs an operator's first SQL in the application's database, as the role that its objects belong to, which `RESET ROLE` in a text leaves
 * for the administrator. Each text is one transaction, unless it ends that itself.
 *
 * @throws Error that names the text and the line that fails.
 */
export async function runInitial(
  administrator: typeof asAdministrator,
  statements: readonly string[],
  { database, owner }: { database: string; owner: string },
): Promise<void> {
  await administrator(
    database,
    async (run) => {
      // No commit can wait for a standby yet.
      await quietly(run);
      for (const [index, statement] of statements.entries()) {
        await run(`SET ROLE ${escapeIdentifier(owner)}`);
        await run(statement).catch((error: unknown) => {
          throw new Error(`initSql[${index}]${lineOf(error, statement)}: ${messageOf(error)}`, {
            cause: error,
          });
        });
      }
    },
    NO_LIMIT,
  );
}

/** Where the server found the mistake. It counts characters of the whole text, from 1. */
function lineOf(error: unknown, statement: string): string {
  const position = Number((error as { position?: string }).position);
  if (!(position > 0)) return "";
  return `, line ${
    Array.from(statement)
      .slice(0, position - 1)
      .filter((letter) => letter === "\n").length + 1
  }`;
}
