import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Connection } from "mysql2";

/** What mysql2's connections do on a server's side, which its types leave out. */
interface ServerConnection extends Connection {
  serverHandshake(options: object): void;
  writeOk(): void;
  writeTextResult(rows: object[], columns: object[]): void;
  writeError(error: { code: number; message: string }): void;
  sequenceId: number;
}

function column(name: string): object {
  return {
    catalog: "def",
    schema: "",
    table: "",
    orgTable: "",
    name,
    orgName: name,
    characterSet: 45,
    columnLength: 255,
    columnType: 253,
    flags: 0,
    decimals: 0,
  };
}

/** Answers any statement, and writes down what it was told. */
export class FakeMySql {
  readonly directory = mkdtempSync(join(tmpdir(), "fake-mysql-"));
  readonly socket = join(this.directory, "mysqld.sock");
  readonly statements: string[] = [];
  /** Refuses everybody, as with another password. */
  denies = false;
  /** Says something on a connection that was made. */
  greets = true;
  /** Statements that fail. */
  failing: RegExp | undefined;
  /** Statements that are answered by a row or several; all others have none. */
  readonly rows: [sql: RegExp, rows: Record<string, string> | Record<string, string>[]][] = [];
  /** With which error. */
  errno = 3094;
  private readonly connections = new Set<ServerConnection>();
  private readonly server = createServer((given) => {
    const connection = given;
    this.connections.add(connection);
    connection.on("error", () => undefined);
    if (!this.greets) return;
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: "9.7.0",
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0xffffff ^ 0x800,
      authCallback: (_: unknown, done: (error: unknown, refusal?: object) => void) => {
        done(null, this.denies ? { message: "Access denied", code: 1045 } : undefined);
        connection.sequenceId = 0;
      },
    });
    const answer = (sql: string): void => {
      this.statements.push(sql);
      connection.sequenceId = 1;
      const rows = this.rows
        .filter(([asked]) => asked.test(sql))
        .slice(0, 1)
        .flatMap(([, found]) => (Array.isArray(found) ? found : [found]));
      if (this.failing?.test(sql)) connection.writeError({ code: this.errno, message: "it cannot be done" });
      else if (rows[0]) connection.writeTextResult(rows, Object.keys(rows[0]).map(column));
      else connection.writeOk();
      connection.sequenceId = 0;
    };
    // It takes SET for the preparation of a statement.
    for (const event of ["query", "stmt_prepare"]) connection.on(event, answer);
  });

  async listen(): Promise<void> {
    await new Promise<void>((done) => {
      this.server.listen(this.socket as never);
      setTimeout(done, 50);
    });
  }

  close(): void {
    for (const connection of this.connections) connection.destroy();
    this.server.close(() => undefined);
    rmSync(this.directory, { recursive: true });
  }
}
