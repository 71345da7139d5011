import { AGENT_MANAGER } from "../../components/protocol/labels";
import { ADMINISTRATOR, PATHS, POSTGRESQL_PORT } from "../../components/postgresql/protocol";
import { Client } from "pg";

/** A row as the server sends it. */
export type Row = Record<string, unknown>;

/** Who connects. */
export interface Login {
  user: string;
  password?: string;
  database?: string;
  /** @default the server's socket */
  host?: string;
}

/**
 * Opens a connection to the local server over its socket.
 * @param limit - how long that may take, ms.
 * @param patience - how long a statement may, ms.
 */
export async function open(login: Login, limit = 3_000, patience = 10_000): Promise<Client> {
  const client = new Client({
    host: PATHS.run,
    port: POSTGRESQL_PORT,
    database: "postgres",
    ...login,
    connectionTimeoutMillis: limit,
    query_timeout: patience,
    application_name: AGENT_MANAGER,
  });
  // An error outside a query would otherwise end the agent.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Whether an error is an answer of the server: it lives, whatever it says. */
export function isAnswer(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? "") && !isNodeError(error);
}

function isNodeError(error: unknown): boolean {
  return (error as { syscall?: string }).syscall !== undefined;
}

/** Whether somebody can log in so. Rejects when the server cannot be asked. */
export async function canLogIn(login: Login): Promise<boolean> {
  try {
    const client = await open(login);
    await client.end();
    return true;
  } catch (error) {
    // invalid_password, invalid_authorization_specification (no such role, or one that may not log in)
    if (["28P01", "28000"].includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}

/** How a new connection to the server fares. */
export type Reply = "primary" | "replica" | "answers" | "hangs" | "gone";

/** Whether the server takes a new connection, and what it is. */
export async function askServer(limit: number): Promise<Reply> {
  let client: Client | undefined;
  try {
    client = await open({ user: ADMINISTRATOR }, limit);
    const { rows } = await client.query<Row>("SELECT pg_is_in_recovery() AS recovery");
    return rows[0]?.["recovery"] === false ? "primary" : "replica";
  } catch (error) {
    if (isAnswer(error)) return "answers";
    return isNodeError(error) ? "gone" : "hangs";
  } finally {
    void client?.end().catch(() => undefined);
  }
}

/** Runs SQL, and gives the rows that it returns. */
export type Run = (sql: string, values?: unknown[]) => Promise<Row[]>;

/** Runs work on a connection as the administrator. */
export async function asAdministrator<T>(
  database: string,
  work: (run: Run) => Promise<T>,
  patience?: number,
): Promise<T> {
  const client = await open({ user: ADMINISTRATOR, database }, undefined, patience);
  try {
    return await work(async (sql, values = []) => {
      const { rows } = await client.query<Row>(sql, values);
      return rows;
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
