import { type Connection, createConnection, type RowDataPacket } from "mysql2";
import type { Answer, Target, WriterClient } from "./client";
import type { Login } from "./program";

/** The server is read-only: it is no primary. */
const READ_ONLY = "ER_OPTION_PREVENTS_STATEMENT";

export class MySqlClient implements WriterClient {
  private readonly table: string;

  constructor(private readonly login: Login) {
    this.table = `writes_${login.run}`;
  }

  async prepare(target: Target): Promise<void> {
    await this.with(target, undefined, async (connection) =>
      connection
        .promise()
        .query(
          `CREATE TABLE ${this.table} (id VARCHAR(100) PRIMARY KEY, server CHAR(36) NOT NULL, term INT NOT NULL, KEY (term))`,
        ),
    );
  }

  async drop(target: Target): Promise<void> {
    await this.with(target, undefined, async (connection) =>
      connection.promise().query(`DROP TABLE ${this.table}`),
    );
  }

  async write(target: Target, id: string, signal: AbortSignal): Promise<Answer> {
    return this.with(target, signal, async (connection) => {
      const session = connection.promise();
      const [[row]] = await session.query<(RowDataPacket & LastRow)[]>(
        `SELECT @@server_uuid AS self, last.server, last.term FROM (SELECT 1) one
         LEFT JOIN (SELECT server, term FROM ${this.table} ORDER BY term DESC LIMIT 1) last ON TRUE`,
      );
      if (row === undefined) throw new Error("no answer to a question that has one");
      const { self, server, term: lastTerm } = row;
      const term = server === self ? (lastTerm ?? 1) : (lastTerm ?? 0) + 1;
      try {
        await session.query(`INSERT INTO ${this.table} VALUES (?, @@server_uuid, ?)`, [id, term]);
      } catch (error) {
        if ((error as { code?: string }).code !== READ_ONLY) throw error;
        return { outcome: "standby", error: READ_ONLY };
      }
      return { outcome: "acknowledged", server: self, term };
    });
  }

  async ids(target: Target): Promise<string[]> {
    return this.with(target, undefined, async (connection) => {
      const [rows] = await connection.promise().query<RowDataPacket[]>(`SELECT id FROM ${this.table}`);
      return rows.map((row) => row["id"] as string);
    });
  }

  /** Does something on a connection of its own. */
  private async with<T>(
    { host, port }: Target,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const { user, password, database } = this.login;
    const connection = createConnection({ host, port, user, password, database });
    // Errors reach the statement that they are about; here is what comes after it.
    connection.on("error", () => undefined);
    signal?.addEventListener("abort", () => {
      connection.destroy();
    });
    try {
      return await work(connection);
    } finally {
      connection.end(() => undefined);
    }
  }
}

interface LastRow {
  self: string;
  server: string | null;
  term: number | null;
}
