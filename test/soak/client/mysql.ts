import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from "mysql2";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { MySqlClient } from "../../e2e/support/traffic/writer/mysql-client";
import type { Login } from "../../e2e/support/traffic/writer/program";
import { runSoakClient } from "./program";
import { elements, type Isolation, type Session, type SoakClient } from "./session";

/** In answer to a commit: a deadlock, and a certification that found a conflict. All members come to the same there. */
const REFUSED = new Set(["ER_LOCK_DEADLOCK", "ER_TRANSACTION_ROLLBACK_DURING_COMMIT"]);

const TABLES = [
  "registers (k VARCHAR(60) PRIMARY KEY, v VARCHAR(60) NOT NULL)",
  "lists (k VARCHAR(60) PRIMARY KEY, v TEXT NOT NULL)",
  "touches (worker VARCHAR(60) PRIMARY KEY, n INT NOT NULL)",
  "loads (name VARCHAR(60) NOT NULL, n INT NOT NULL, content VARCHAR(255) NOT NULL, PRIMARY KEY (name, n))",
];

class MySqlSoakClient implements SoakClient {
  constructor(private readonly login: Login) {}

  async prepare(target: Target): Promise<void> {
    const connection = this.connect(target);
    try {
      for (const table of TABLES)
        await connection.promise().query(`CREATE TABLE IF NOT EXISTS soak_${table}`);
    } finally {
      connection.end(() => undefined);
    }
  }

  async open(target: Target, isolation: Isolation, signal: AbortSignal): Promise<Session> {
    const connection = this.connect(target);
    signal.addEventListener("abort", () => {
      connection.destroy();
    });
    await connection
      .promise()
      .query(`SET SESSION TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}`)
      .catch((error: unknown) => {
        connection.destroy();
        throw error;
      });
    return new MySqlSession(connection);
  }

  refusedCommit(error: unknown): boolean {
    return REFUSED.has((error as { code?: string }).code ?? "");
  }

  private connect({ host, port }: Target): Connection {
    const { user, password, database } = this.login;
    const connection = createConnection({ host, port, user, password, database });
    // Errors reach the statement that they are about; here is what comes after it.
    connection.on("error", () => undefined);
    return connection;
  }
}

class MySqlSession implements Session {
  constructor(private readonly connection: Connection) {}

  async begin(): Promise<void> {
    await this.query("START TRANSACTION");
  }

  async commit(): Promise<void> {
    await this.query("COMMIT");
  }

  async touch(worker: string): Promise<void> {
    await this.query("INSERT INTO soak_touches VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + 1", [worker]);
  }

  async register(key: string): Promise<string | null> {
    const [row] = await this.rows<{ v: string }>("SELECT v FROM soak_registers WHERE k = ?", [key]);
    return row?.v ?? null;
  }

  async writeRegister(key: string, value: string): Promise<void> {
    await this.query("INSERT INTO soak_registers VALUES (?, ?) ON DUPLICATE KEY UPDATE v = ?", [
      key,
      value,
      value,
    ]);
  }

  async swapRegister(key: string, from: string, value: string): Promise<boolean> {
    const { affectedRows } = await this.query("UPDATE soak_registers SET v = ? WHERE k = ? AND v = ?", [
      value,
      key,
      from,
    ]);
    return affectedRows > 0;
  }

  async list(key: string): Promise<string[]> {
    const [row] = await this.rows<{ v: string }>("SELECT v FROM soak_lists WHERE k = ?", [key]);
    return elements(row?.v);
  }

  async append(key: string, element: string): Promise<void> {
    await this.query("INSERT INTO soak_lists VALUES (?, ?) ON DUPLICATE KEY UPDATE v = CONCAT(v, ',', ?)", [
      key,
      element,
      element,
    ]);
  }

  async addRows(name: string, rows: number): Promise<void> {
    const batch = 1000;
    for (let from = 0; from < rows; from += batch) {
      const many = Array.from({ length: Math.min(batch, rows - from) }, (_, index) => [
        name,
        from + index,
        name.padEnd(200, "."),
      ]);
      await this.connection.promise().query("INSERT INTO soak_loads VALUES ?", [many]);
    }
  }

  async countRows(prefix: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ name: string; count: number }>(
      "SELECT name, COUNT(*) AS count FROM soak_loads WHERE name LIKE ? GROUP BY name",
      [`${prefix}%`],
    );
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }

  destroy(): void {
    this.connection.destroy();
  }

  private async query(sql: string, values: unknown[] = []): Promise<ResultSetHeader> {
    const [result] = await this.connection.promise().query<ResultSetHeader>(sql, values);
    return result;
  }

  private async rows<T>(sql: string, values: unknown[]): Promise<T[]> {
    const [rows] = await this.connection.promise().query<RowDataPacket[]>(sql, values);
    return rows as T[];
  }
}

void runSoakClient(
  (login) => new MySqlSoakClient(login),
  (login) => new MySqlClient(login),
);
