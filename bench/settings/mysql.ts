import { hostname } from "node:os";
import { join } from "node:path";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import type { Differences } from "./differences";
import { type VersionTable, versionIn } from "./engine";
import { asked, inDirectory, whileRunning, type Asked } from "./server";
import type { Row } from "./table";

/** What is to be named, and what is then written. */
export const usage = "PROGRAM        writes the tables of 9.7 and 8.4, asking PROGRAM (mysqld 9.7)";

/** Both tables, of one server. */
export async function tables(program: string): Promise<VersionTable[]> {
  const version = versionIn(asked(program).print("--no-defaults", "--version"));
  const rows = await settingsOf(program);
  return [
    { version: "9.7", asked: version, rows },
    { version: "8.4", asked: version, rows, differences: V8_4 },
  ];
}

/** Plugins that a member has: what their settings are called and may be belongs to the table. */
const PLUGINS = ["--plugin-load-add=group_replication.so", "--plugin-load-add=mysql_clone.so"];

/** What the official image is not built with, and what is not for a file: they make the server do something else. */
const NOT_FOR_A_FILE =
  /^(ndb|help$|verbose$|validate_config$|initialize|daemonize$|print_defaults$|no_defaults$|defaults_|login_path$|no_login_paths$|gdb$|console$|standalone$|tc_heuristic_recover$|upgrade$|version)/;

/** More names than an enumeration or a set has. */
const MOST_CHOICES = 64;

/**
 * Asks a server for its settings: names and defaults of its help, types and ranges of its performance schema, and
 * choices by giving it one number after another.
 */
async function settingsOf(program: string): Promise<Row[]> {
  const server = asked(program);
  return inDirectory(async (directory) => {
    const base = ["--no-defaults", "--user=root"];
    server.print(...base, "--initialize-insecure", `--datadir=${join(directory, "data")}`);
    const help = server.print(...base, ...PLUGINS, "--verbose", "--help");
    const socketPath = join(directory, "socket");
    const running = [
      ...base,
      ...PLUGINS,
      `--datadir=${join(directory, "data")}`,
      `--socket=${socketPath}`,
      `--pid-file=${join(directory, "pid")}`,
      "--skip-networking",
      "--server-id=1",
    ];
    const { connection, stop } = await whileRunning(program, running, () =>
      createConnection({ socketPath, user: "root" }),
    );
    try {
      const rows = rowsOf(help, await variables(connection), server, [...base, ...PLUGINS]);
      return withPluginStates(rows, await pluginNames(connection));
    } finally {
      await connection.end();
      await stop();
    }
  });
}

interface Variable {
  type: string;
  least: string;
  most: string;
  restart: boolean;
}

async function variables(connection: Connection): Promise<Map<string, Variable>> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT variable_name AS name, data_type AS type, min_value AS least, max_value AS most " +
      "FROM performance_schema.variables_metadata",
  );
  const found = new Map<string, Variable>();
  for (const { name, type, least, most } of rows as ({ name: string } & Omit<Variable, "restart">)[]) {
    found.set(name, { type, least, most, restart: await needsRestart(connection, name) });
  }
  return found;
}

/** A server refuses to change what it can only be started with. */
async function needsRestart(connection: Connection, name: string): Promise<boolean> {
  try {
    await connection.query(`SET GLOBAL ${name} = @@GLOBAL.${name}`);
    return false;
  } catch (error) {
    return (error as { errno?: number }).errno === 1238;
  }
}

async function pluginNames(connection: Connection): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT lower(plugin_name) AS name FROM information_schema.plugins",
  );
  return rows.map((row) => String(row["name"]));
}

/** A plugin may also be insisted upon, which a help text shows as "on". */
function withPluginStates(rows: Row[], plugins: string[]): Row[] {
  const states = ["OFF", "ON", "FORCE", "FORCE_PLUS_PERMANENT"];
  return rows.map((row) =>
    row.type === "choice" && plugins.includes(row.name) ? { ...row, choices: states } : row,
  );
}

function rowsOf(help: string, known: ReadonlyMap<string, Variable>, server: Asked, base: string[]): Row[] {
  const defaults = valuesOf(help);
  const rows: Row[] = [];
  for (const [name, notation] of notationsOf(help)) {
    if (NOT_FOR_A_FILE.test(name)) continue;
    const variable = known.get(name);
    const value = machineless(defaults.get(name) ?? "");
    const type = typeOf(notation, variable?.type);
    const isNumber = type === "integer" || type === "real";
    const probed = type === "text" ? choicesOf(name, value, server, base) : undefined;
    rows.push({
      name,
      type: probed?.type ?? type,
      least: isNumber && variable ? leastOf(variable) : "",
      most: isNumber && variable ? variable.most : "",
      unit: "",
      choices: probed?.choices ?? [],
      restart: variable?.restart ?? true,
      default: value,
    });
  }
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The options of a help text, with what stands behind each: `=#`, `[=name]`, or nothing. */
export function notationsOf(help: string): Map<string, string> {
  const options = help.split("\nVariables (--variable-name=value)")[0] ?? "";
  const found = new Map<string, string>();
  for (const [, name = "", notation = ""] of options.matchAll(
    /^ {2}(?:-\S, )?--([a-z][\w.-]*)(\[?=\S+)?/gim,
  )) {
    found.set(name.replace(/-/g, "_"), notation);
  }
  return found;
}

/** The values that a help text says it would start with. */
export function valuesOf(help: string): Map<string, string> {
  const lines = (help.split("\nVariables (--variable-name=value)")[1] ?? "").split("\n").slice(3);
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = /^([a-z][\w.-]*)(?:\s+(.*))?$/i.exec(line) ?? [];
    if (name === undefined) break;
    found.set(name.replace(/-/g, "_"), value === "(No default value)" ? "" : value);
  }
  return found;
}

/** What depends on where the server was asked is nobody's default. */
function machineless(value: string): string {
  return value.includes("/") || value.includes(hostname()) ? "" : value;
}

function typeOf(notation: string, type: string | undefined): Row["type"] {
  if (notation.includes("#")) return type === "Numeric" ? "real" : "integer";
  if (notation !== "" || type === "String") return "text";
  return "boolean";
}

/** The server tells all bounds as if none could be below zero. */
function leastOf({ least, most }: Pick<Variable, "least" | "most">): string {
  if (least === "" || most === "" || Number(least) <= Number(most)) return least;
  return String(BigInt.asIntN(Number(least) < 2 ** 32 ? 32 : 64, BigInt(least)));
}

/** The choices of an enumeration or a set, each by its number; nothing for what takes any text. */
function choicesOf(
  name: string,
  value: string,
  server: Asked,
  base: string[],
): Pick<Row, "type" | "choices"> | undefined {
  const option = name.replace(/_/g, "-");
  const given = (text: string) => {
    const args = [...base, `--${option}=${text}`, "--verbose", "--help"];
    try {
      return valuesOf(server.print(...args)).get(name);
    } catch {
      return undefined;
    }
  };
  // The switches of an optimizer, each on or off.
  if (/^\w+=(on|off)(,|$)/.test(value)) {
    return { type: "switches", choices: value.split(",").map((flag) => flag.replace(/=.*/, "")) };
  }
  const first = given("0");
  if (first === undefined || first.includes("/")) return undefined;
  const isSet = (first === "" && given("1") !== "1") || (given("3") ?? "").includes(",");
  const choices: string[] = [];
  for (let index = 0; index < MOST_CHOICES; index++) {
    const answer = given(isSet ? String(2n ** BigInt(index)) : String(index));
    // A name of a set may stand for several, which are then named with it.
    const choice = answer?.split(isSet ? "," : "\n").find((name) => !choices.includes(name));
    // Beyond the last one, some are refused, and others taken for the default.
    if (!choice || choice === String(index)) break;
    choices.push(choice);
  }
  const used = choices.filter((choice) => !choice.startsWith("NOT_USED"));
  return used.length > 1 ? { type: isSet ? "set" : "choice", choices: used } : undefined;
}

const BOOLEAN = { type: "boolean", restart: false, default: "FALSE" } as const;
const PARALLEL_TYPE = {
  type: "choice",
  choices: ["DATABASE", "LOGICAL_CLOCK"],
  default: "LOGICAL_CLOCK",
} as const;
const WORKERS = { least: "0" };

/**
 * 8.4 as it differs from 9.7: every definition of a setting in the two versions' sources (`sys_vars.cc`,
 * `mysqld.cc`, `ha_innodb.cc` and the plugins') was compared, and what differs but for its words is here. The manual's
 * list of changes agrees.
 *
 * @see https://dev.mysql.com/doc/mysqld-version-reference/en/options-variables.html
 */
const V8_4: Differences = {
  source: "the sources of 8.4.8 and 9.7.2, compared, and the manual's list of changes between them",
  without: [
    "activate_mandatory_roles",
    "caching_sha2_password_enforce_storage_format",
    "caching_sha2_password_proxy_users",
    "caching_sha2_password_storage_format",
    "connection_memory_status_limit",
    "container_aware",
    "enable_cascade_triggers",
    "enable_secondary_engine_statistics",
    "external_table_secondary_storage_engine",
    "external_table_storage_engine",
    "global_connection_memory_status_limit",
    "innodb_native_foreign_keys",
    "log_diagnostic",
    "log_diagnostic_enable",
    "performance_schema_logger",
    "performance_schema_max_logger_classes",
    "performance_schema_meter",
    "replica_allow_higher_version_source",
    "server_memory",
    "table_open_cache_triggers",
  ],
  added: [
    { name: "group_replication_allow_local_lower_version_join", ...BOOLEAN },
    {
      name: "innodb_log_file_size",
      type: "integer",
      least: "4194304",
      most: "18446744073709551615",
      default: "50331648",
    },
    { name: "innodb_log_files_in_group", type: "integer", least: "2", most: "100", default: "2" },
    {
      name: "innodb_undo_tablespaces",
      type: "integer",
      least: "2",
      most: "127",
      restart: false,
      default: "2",
    },
    { name: "mysql_native_password", type: "choice", choices: ["OFF", "ON"], default: "OFF" },
    { name: "mysql_native_password_proxy_users", ...BOOLEAN },
    { name: "replica_parallel_type", ...PARALLEL_TYPE },
    { name: "slave_parallel_type", ...PARALLEL_TYPE },
    { name: "temptable_use_mmap", ...BOOLEAN },
  ],
  changed: {
    binlog_transaction_dependency_history_size: { most: "1000000", default: "25000" },
    caching_sha2_password_digest_rounds: { restart: true },
    explain_format: { default: "TRADITIONAL" },
    explain_json_format_version: { default: "1" },
    group_replication_recovery_use_ssl: { default: "FALSE" },
    group_replication_ssl_mode: { default: "DISABLED" },
    innodb_change_buffering: { default: "none" },
    innodb_log_writer_threads: { type: "boolean", choices: [], default: "TRUE" },
    replica_parallel_workers: WORKERS,
    slave_parallel_workers: WORKERS,
  },
};
