import { Client } from "pg";
import type { Answer, Target, WriterClient } from "./client";
import type { Login } from "./program";

/** `read_only_sql_transaction`: the server is no primary. */
const READ_ONLY = "25006";

/** A server has no identity of its own that outlives a copy: its address, and when it was started. */
const SELF = "host(inet_server_addr()) || ' ' || pg_postmaster_start_time()";

export class PostgreSqlClient implements WriterClient {
  private readonly table: string;

  constructor(private readonly login: Login) {
    this.table = `writes_${login.run}`;
  }

  async prepare(target: Target): Promise<void> {
    await this.with(target, undefined, async (client) => {
      await client.query(
        `CREATE TABLE ${this.table} (id text PRIMARY KEY, server text NOT NULL, term integer NOT NULL)`,
      );
      await client.query(`CREATE INDEX ON ${this.table} (term)`);
    });
  }

  async drop(target: Target): Promise<void> {
    await this.with(target, undefined, async (client) => client.query(`DROP TABLE ${this.table}`));
  }

  async write(target: Target, id: string, signal: AbortSignal): Promise<Answer> {
    return this.with(target, signal, async (client) => {
      const { rows } = await client.query<LastRow>(
        `SELECT ${SELF} AS self, last.server, last.term FROM (SELECT 1) one
         LEFT JOIN (SELECT server, term FROM ${this.table} ORDER BY term DESC LIMIT 1) last ON TRUE`,
      );
      const [row] = rows;
      if (row === undefined) throw new Error("no answer to a question that has one");
      const { self, server, term: lastTerm } = row;
      const term = server === self ? (lastTerm ?? 1) : (lastTerm ?? 0) + 1;
      try {
        await client.query(`INSERT INTO ${this.table} VALUES ($1, ${SELF}, $2)`, [id, term]);
      } catch (error) {
        if ((error as { code?: string }).code !== READ_ONLY) throw error;
        return { outcome: "standby", error: READ_ONLY };
      }
      return { outcome: "acknowledged", server: self, term };
    });
  }

  async ids(target: Target): Promise<string[]> {
    return this.with(target, undefined, async (client) => {
      const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${this.table}`);
      return rows.map(({ id }) => id);
    });
  }

  /** Does something on a connection of its own. */
  private async with<T>(
    { host, port }: Target,
    signal: AbortSignal | undefined,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    const { user, password, database } = this.login;
    const client = new Client({ host, port, user, password, database });
    // Errors reach the statement that they are about; here is what comes after it.
    client.on("error", () => undefined);
    const destroy = (): void => {
      client.connection.stream.destroy();
    };
    signal?.addEventListener("abort", destroy);
    try {
      await client.connect();
      return await work(client);
    } finally {
      void client.end().catch(() => undefined);
    }
  }
}

interface LastRow {
  self: string;
  server: string | null;
  term: number | null;
}
