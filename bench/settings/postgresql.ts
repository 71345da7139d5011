import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Client } from "pg";
import { inDirectory, whileRunning } from "./server";
import type { Row } from "./table";

const TYPES: Record<string, Row["type"]> = {
  bool: "boolean",
  integer: "integer",
  real: "real",
  enum: "choice",
  string: "text",
};

/**
 * Asks a server for its settings: its view pg_settings has all that a file can hold.
 *
 * @param binaries directory of `initdb` and `postgres`
 */
export async function postgresqlSettings(binaries: string): Promise<Row[]> {
  return inDirectory(async (directory) => {
    const data = join(directory, "data");
    execFileSync(join(binaries, "initdb"), ["-D", data, "-U", "postgres", "--locale=C", "-A", "trust"], {
      stdio: "ignore",
    });
    const args = ["-D", data, "-k", directory, "-c", "listen_addresses=", "-c", "port=5432"];
    const { connection, stop } = await whileRunning(join(binaries, "postgres"), args, async () => {
      const client = new Client({ host: directory, user: "postgres", database: "postgres" });
      await client.connect();
      return client;
    });
    try {
      const { rows } = await connection.query<Record<string, string> & { choices: string[] | null }>(
        "SELECT name, vartype, coalesce(min_val, '') AS least, coalesce(max_val, '') AS most, " +
          "coalesce(unit, '') AS unit, enumvals AS choices, context, coalesce(boot_val, '') AS value " +
          // Some cannot stand in a file, being of a session or a transaction alone.
          `FROM pg_settings WHERE context <> 'internal' AND name NOT IN ('transaction_isolation', ` +
          `'transaction_read_only', 'transaction_deferrable', 'session_authorization', 'role', 'seed') ` +
          `ORDER BY name COLLATE "C"`,
      );
      return rows.map((row) => ({
        name: row["name"] ?? "",
        type: TYPES[row["vartype"] ?? ""] ?? "text",
        least: row["least"] ?? "",
        most: row["most"] ?? "",
        unit: row["unit"] ?? "",
        choices: row.choices ?? [],
        restart: row["context"] === "postmaster",
        default: row["value"] ?? "",
      }));
    } finally {
      await connection.end();
      await stop();
    }
  });
}
