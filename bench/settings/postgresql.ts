import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Client } from "pg";
import { asked, inDirectory, whileRunning } from "./server";
import type { Row } from "./table";
import type { Differences } from "./differences";
import { type VersionTable, versionIn } from "./engine";

/** What is to be named, and what is then written. */
export const usage = "DIRECTORY  writes the table of the version in DIRECTORY (with initdb and postgres)";

/** The table of one version. */
export async function tables(directory: string): Promise<VersionTable[]> {
  const asks = versionIn(asked(join(directory, "postgres")).print("--version"));
  const rows = await settingsOf(directory);
  const names = rows.map(({ name }) => name);
  const added = NEWER_MINORS.added.filter(({ name }) => !names.includes(name));
  return [
    { version: asks.split(".")[0] ?? asks, asked: asks, rows, differences: { ...NEWER_MINORS, added } },
  ];
}

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
async function settingsOf(binaries: string): Promise<Row[]> {
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

/** Newer minor versions have what the server that was asked does not have yet. */
const NEWER_MINORS: Differences = {
  source: "newer minor versions, and servers with all libraries",
  without: [],
  added: [
    {
      name: "composite_type_mismatch",
      type: "choice",
      choices: ["error", "warn", "disabled"],
      restart: false,
    },
    { name: "output_plugin_libraries", restart: false },
  ],
  // A server without these libraries does not say that others take them.
  changed: {
    default_toast_compression: { choices: ["pglz", "lz4"] },
    wal_compression: { choices: ["pglz", "lz4", "zstd", "on", "off"] },
  },
};
