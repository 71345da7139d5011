import { hostname } from "node:os";
import { join } from "node:path";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { asked, inDirectory, whileRunning, type Asked } from "./server";
import type { Row } from "./table";

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
export async function mysqlSettings(program: string): Promise<Row[]> {
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
