import { Client } from "pg";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { PostgreSqlClient } from "../../e2e/support/traffic/writer/postgresql-client";
import type { Login } from "../../e2e/support/traffic/writer/program";
import { runSoakClient } from "./program";
import { elements, type Isolation, type Session, type SoakClient } from "./session";

/** In answer to a commit: a serialization failure, a deadlock, a transaction that had failed before. */
const REFUSED = new Set(["40001", "40P01", "25P02"]);

const TABLES = [
  "registers (k text PRIMARY KEY, v text NOT NULL)",
  "lists (k text PRIMARY KEY, v text NOT NULL)",
  "touches (worker text PRIMARY KEY, n integer NOT NULL)",
  "loads (name text NOT NULL, n integer NOT NULL, content text NOT NULL, PRIMARY KEY (name, n))",
];

class PostgreSqlSoakClient implements SoakClient {
  constructor(private readonly login: Login) {}

  async prepare(target: Target): Promise<void> {
    const client = this.client(target);
    try {
      await client.connect();
      for (const table of TABLES) await client.query(`CREATE TABLE IF NOT EXISTS soak_${table}`);
    } finally {
      void client.end().catch(() => undefined);
    }
  }

  async open(target: Target, isolation: Isolation, signal: AbortSignal): Promise<Session> {
    const client = this.client(target);
    const session = new PostgreSqlSession(client);
    signal.addEventListener("abort", () => {
      session.destroy();
    });
    try {
      await client.connect();
      await client.query(
        `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}`,
      );
    } catch (error) {
      session.destroy();
      throw error;
    }
    return session;
  }

  refusedCommit(error: unknown): boolean {
    return REFUSED.has((error as { code?: string }).code ?? "");
  }

  private client({ host, port }: Target): Client {
    const { user, password, database } = this.login;
    const client = new Client({ host, port, user, password, database });
    // Errors reach the statement that they are about; here is what comes after it.
    client.on("error", () => undefined);
    return client;
  }
}

class PostgreSqlSession implements Session {
  constructor(private readonly client: Client) {}

  async begin(): Promise<void> {
    await this.client.query("BEGIN");
  }

  async commit(): Promise<void> {
    const { command } = await this.client.query("COMMIT");
    // So a transaction ends that a statement had broken: without an error, and without effect.
    if (command !== "COMMIT")
      throw Object.assign(new Error(`the commit ended in ${command}`), { code: "25P02" });
  }

  async touch(worker: string): Promise<void> {
    await this.client.query(
      "INSERT INTO soak_touches VALUES ($1, 1) ON CONFLICT (worker) DO UPDATE SET n = soak_touches.n + 1",
      [worker],
    );
  }

  async register(key: string): Promise<string | null> {
    const { rows } = await this.client.query<{ v: string }>("SELECT v FROM soak_registers WHERE k = $1", [
      key,
    ]);
    return rows[0]?.v ?? null;
  }

  async writeRegister(key: string, value: string): Promise<void> {
    await this.client.query(
      "INSERT INTO soak_registers VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
      [key, value],
    );
  }

  async swapRegister(key: string, from: string, value: string): Promise<boolean> {
    const { rowCount } = await this.client.query("UPDATE soak_registers SET v = $1 WHERE k = $2 AND v = $3", [
      value,
      key,
      from,
    ]);
    return (rowCount ?? 0) > 0;
  }

  async list(key: string): Promise<string[]> {
    const { rows } = await this.client.query<{ v: string }>("SELECT v FROM soak_lists WHERE k = $1", [key]);
    return elements(rows[0]?.v);
  }

  async append(key: string, element: string): Promise<void> {
    await this.client.query(
      "INSERT INTO soak_lists VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = soak_lists.v || ',' || excluded.v",
      [key, element],
    );
  }

  async addRows(name: string, rows: number): Promise<void> {
    await this.client.query(
      "INSERT INTO soak_loads SELECT $1, n, rpad($1, 200, '.') FROM generate_series(0, $2) n",
      [name, rows - 1],
    );
  }

  async countRows(prefix: string): Promise<Record<string, number>> {
    const { rows } = await this.client.query<{ name: string; count: string }>(
      "SELECT name, count(*) AS count FROM soak_loads WHERE name LIKE $1 GROUP BY name",
      [`${prefix}%`],
    );
    return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
  }

  destroy(): void {
    this.client.connection.stream.destroy();
  }
}

void runSoakClient(
  (login) => new PostgreSqlSoakClient(login),
  (login) => new PostgreSqlClient(login),
);
