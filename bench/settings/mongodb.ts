import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { asked, inDirectory, whileRunning } from "./server";
import { type VersionTable, versionIn } from "./engine";
import type { Row } from "./table";

/** What is to be named, and what is then written. */
export const usage =
  "DIRECTORY   writes the table of the version in DIRECTORY (with mongod); options of the file stay as they are";

/** Of an unused server. */
const PORT = 27_117;
const PREFIX = "setParameter.";

/** A parameter as the server tells it. https://www.mongodb.com/docs/manual/reference/command/getParameter/ */
interface Parameter {
  value: unknown;
  settableAtRuntime: boolean;
  settableAtStartup: boolean;
}

/** The table of one version. */
export async function tables(directory: string): Promise<VersionTable[]> {
  const asks = versionIn(asked(join(directory, "mongod")).print("--version"));
  const version = asks.split(".").slice(0, 2).join(".");
  const parameters = await parametersOf(join(directory, "mongod"));
  const file = join(__dirname, "..", "..", "components", "mongodb", "settings", `${version}.tsv`);
  return [{ version, asked: asks, rows: rowsFrom(readFileSync(file, "utf8"), parameters) }];
}

/**
 * The server tells its parameters, and nothing of what else its file can hold: that is of the manual, as is what numbers are allowed.
 *
 * @param table - the one that there is
 */
export function rowsFrom(table: string, parameters: ReadonlyMap<string, Parameter>): Row[] {
  const known = new Map(rowsIn(table).map((row) => [row.name, row]));
  const told = [...parameters]
    .filter(([, { settableAtStartup }]) => settableAtStartup)
    .map(([name, parameter]) => rowOf(`${PREFIX}${name}`, parameter, known.get(`${PREFIX}${name}`)));
  const others = [...known.values()].filter(({ name }) => !name.startsWith(PREFIX));
  return [...others, ...told].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function rowOf(name: string, { value, settableAtRuntime }: Parameter, known: Row | undefined): Row {
  const type =
    typeof value === "boolean" ? "boolean" : typeof value === "number" ? numberType(value) : "text";
  const row = known ?? { name, type, least: "", most: "", unit: "", choices: [], default: "" };
  const told = typeof value === "string" ? value : JSON.stringify(value);
  return { ...row, restart: !settableAtRuntime, default: told };
}

function numberType(value: number): Row["type"] {
  return Number.isInteger(value) ? "integer" : "real";
}

function rowsIn(table: string): Row[] {
  return table
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", type = "", least = "", most = "", unit = "", choices = "", restart = "", value = ""] =
        line.split("\t");
      return {
        name,
        type: type as Row["type"],
        least,
        most,
        unit,
        choices: choices === "" ? [] : choices.split("|"),
        restart: restart === "restart",
        default: value,
      };
    });
}

async function parametersOf(server: string): Promise<Map<string, Parameter>> {
  return inDirectory(async (directory) => {
    const args = ["--dbpath", directory, "--port", `${PORT}`, "--bind_ip", "127.0.0.1"];
    const { connection, stop } = await whileRunning(server, args, async () =>
      MongoClient.connect(`mongodb://127.0.0.1:${PORT}/?directConnection=true`, {
        serverSelectionTimeoutMS: 1_000,
      }),
    );
    try {
      const answer = await connection.db("admin").command({
        getParameter: { showDetails: true, allParameters: true },
      });
      return new Map(
        Object.entries(answer).filter(
          (entry): entry is [string, Parameter] =>
            typeof entry[1] === "object" && entry[1] !== null && "settableAtStartup" in entry[1],
        ),
      );
    } finally {
      await connection.close();
      await stop();
    }
  });
}
