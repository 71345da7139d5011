import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { SET_SQL_MODE } from "./settings";

/** A row as the server sends it. */
export type Row = Record<string, unknown>;

/** A value that is a text; empty where there is none. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Who connects; passwords are looked up at each attempt, since they may change. */
export interface Login {
  user: string;
  password: string;
}

/**
 * Opens a connection to the local server over its socket.
 * @param scripts - whether a query may hold several statements.
 */
export async function open(
  socketPath: string,
  login: Login,
  { encrypted = false, scripts = false } = {},
): Promise<Connection> {
  const connection = await createConnection({
    socketPath,
    ...login,
    connectTimeout: 3_000,
    multipleStatements: scripts,
    // Over the pod's own socket there is nobody in between to be told apart by a certificate.
    ...(encrypted ? { ssl: { rejectUnauthorized: false } } : {}),
  });
  // An error outside a query would otherwise end the agent.
  connection.on("error", () => undefined);
  try {
    await run(connection, SET_SQL_MODE, [], 3_000);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/**
 * Opens a connection to another member, encrypted.
 * @param authority - whose certificates are believed, in PEM; their names are no addresses. Without one, any is: as members then do.
 */
export async function openRemote(
  { host, port }: { host: string; port: number },
  login: Login,
  authority?: string,
): Promise<Connection> {
  const connection = await createConnection({
    host,
    port,
    ...login,
    connectTimeout: 5_000,
    multipleStatements: false,
    ssl:
      authority === undefined
        ? { rejectUnauthorized: false }
        : { ca: authority, rejectUnauthorized: true, verifyIdentity: false },
  });
  connection.on("error", () => undefined);
  return connection;
}

/** Wrong password, expired (for log-in, or for any statement), locked, locked after failures. */
const DENIALS = [1045, 1862, 1820, 3118, 3955];

/** Whether an error says that the account cannot be used so. */
export function isDenied(error: unknown): boolean {
  return DENIALS.includes((error as { errno?: number }).errno ?? 0);
}

/** Whether somebody can log in so. Rejects when the server cannot be asked. */
export async function canLogIn(socketPath: string, login: Login): Promise<boolean> {
  try {
    const connection = await open(socketPath, login, { encrypted: true });
    connection.destroy();
    return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** Runs one statement; `values` are put in place of `?`, quoted. */
export async function run(
  connection: Connection,
  sql: string,
  values: unknown[] = [],
  limit?: number,
): Promise<Row[]> {
  const timeout = limit === undefined ? {} : { timeout: limit };
  const [rows] = await connection.query<RowDataPacket[]>({ sql, values, ...timeout });
  return Array.isArray(rows) ? rows : [];
}

/** A connection as root that is opened when it is needed and kept. */
export class RootConnection {
  private kept: Promise<Connection> | undefined;
  private working: string | undefined;

  /** @param password - the password that is wanted now. */
  constructor(
    private readonly socketPath: string,
    private readonly password: () => Promise<string>,
  ) {}

  /** A connection of its own, for a statement that takes long. The caller ends it. */
  async fresh(): Promise<Connection> {
    return this.opened(false);
  }

  /** The same, for texts of several statements. */
  async scripts(): Promise<Connection> {
    return this.opened(true);
  }

  private async opened(scripts: boolean): Promise<Connection> {
    const wanted = await this.password();
    try {
      const connection = await open(this.socketPath, { user: "root", password: wanted }, { scripts });
      this.working = wanted;
      return connection;
    } catch (error) {
      // Just changed: the server still has the one before.
      if (!isDenied(error) || this.working === undefined || this.working === wanted) throw error;
      return await open(this.socketPath, { user: "root", password: this.working }, { scripts });
    }
  }

  /** Runs statements on the kept connection; after an error a new one is opened next time. */
  async run(sql: string, values: unknown[] = [], limit = 5_000): Promise<Row[]> {
    const opening = (this.kept ??= this.fresh());
    try {
      return await run(await opening, sql, values, limit);
    } catch (error) {
      if (this.kept === opening) this.kept = undefined;
      opening.then(
        (connection) => {
          connection.destroy();
        },
        () => undefined,
      );
      throw error;
    }
  }

  /** Runs one statement on a connection of its own, however long it takes. */
  async runLong(sql: string, values: unknown[] = []): Promise<Row[]> {
    const connection = await this.fresh();
    try {
      return await run(connection, sql, values);
    } finally {
      connection.destroy();
    }
  }
}
