import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Differences, MYSQL_8_4, POSTGRESQL_MINORS, withDifferences } from "./differences";
import { mysqlSettings } from "./mysql";
import { postgresqlSettings } from "./postgresql";
import { asked } from "./server";
import { formatTable, type Row } from "./table";

const USAGE = `npm run settings -- mysql PROGRAM        writes the tables of 9.7 and 8.4, asking PROGRAM (mysqld 9.7)
npm run settings -- postgresql DIRECTORY  writes the table of the version in DIRECTORY (with initdb and postgres)`;

const COMPONENTS = join(__dirname, "..", "..", "components");

function write(
  engine: string,
  version: string,
  source: string,
  rows: Row[],
  differences?: Differences,
): void {
  const file = join(COMPONENTS, engine, "settings", `${version}.tsv`);
  const made = differences ? withDifferences(rows, differences) : rows;
  const heading = [
    `Settings of ${engine} ${version}, as ${source} says of itself; written by \`npm run settings\`.`,
    ...(differences ? [`Differences (bench/settings/differences.ts) from ${differences.source}.`] : []),
  ];
  writeFileSync(file, formatTable(heading, made));
  console.log(`${relative(process.cwd(), file)}: ${made.length} settings`);
}

async function main([engine, where]: string[]): Promise<number> {
  if (engine === "mysql" && where !== undefined) {
    const version = versionOf(asked(where).print("--no-defaults", "--version"));
    const rows = await mysqlSettings(where);
    write("mysql", "9.7", `the server ${version}`, rows);
    write("mysql", "8.4", `the server ${version}`, rows, MYSQL_8_4);
    return 0;
  }
  if (engine === "postgresql" && where !== undefined) {
    const version = versionOf(asked(join(where, "postgres")).print("--version"));
    const rows = await postgresqlSettings(where);
    const names = rows.map(({ name }) => name);
    const added = POSTGRESQL_MINORS.added.filter(({ name }) => !names.includes(name));
    write("postgresql", version.split(".")[0] ?? version, `the server ${version}`, rows, {
      ...POSTGRESQL_MINORS,
      added,
    });
    return 0;
  }
  console.error(USAGE);
  return 2;
}

/** `mysqld  Ver 9.7.4-2 for Linux`, `postgres (PostgreSQL) 17.6 (Debian 17.6-1)`. */
function versionOf(text: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(text.replace(/^\S+/, ""))?.[0] ?? "";
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
