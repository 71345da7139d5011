import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { ENGINE_NAMES } from "../../stacks/engines";
import { withDifferences } from "./differences";
import type { SettingsOf, VersionTable } from "./engine";
import { formatTable } from "./table";

const COMPONENTS = join(__dirname, "..", "..", "components");

/** The file of an engine, beside this one. */
function settingsOf(engine: string): SettingsOf {
  return createRequire(__filename)(`./${engine}`) as SettingsOf;
}

function usage(): string {
  return ENGINE_NAMES.map((engine) => `npm run settings -- ${engine} ${settingsOf(engine).usage}`).join("\n");
}

function write(engine: string, { version, asked, rows, differences }: VersionTable): void {
  const file = join(COMPONENTS, engine, "settings", `${version}.tsv`);
  const made = differences ? withDifferences(rows, differences) : rows;
  const heading = [
    `Settings of ${engine} ${version}, as the server ${asked} says of itself; written by \`npm run settings\`.`,
    ...(differences ? [`Differences (bench/settings/${engine}.ts) from ${differences.source}.`] : []),
  ];
  writeFileSync(file, formatTable(heading, made));
  console.log(`${relative(process.cwd(), file)}: ${made.length} settings`);
}

async function main([name, where]: string[]): Promise<number> {
  if (name === "--help" || name === "-h") {
    console.log(usage());
    return 0;
  }
  const engine = ENGINE_NAMES.find((known) => known === name);
  if (engine === undefined || where === undefined) {
    console.error(usage());
    return 2;
  }
  for (const table of await settingsOf(engine).tables(where)) write(engine, table);
  return 0;
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
