import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { VersionTable } from "./engine";
import type { Row } from "./table";

/** What is to be named, and what is then written. */
export const usage =
  "DIRECTORY   writes the table of the version in DIRECTORY (with the server's jars and what they need)";

/** The table of one version. A server need not run for it: what its file is read into is a class. */
export function tables(directory: string): Promise<VersionTable[]> {
  const version = readdirSync(directory).flatMap(
    (file) => /^apache-cassandra-(.*)\.jar$|^cassandra-all-(.*)\.jar$/.exec(file)?.slice(1) ?? [],
  );
  const asked = version.find((text) => /^\d+\.\d+\.\d+$/.test(text));
  if (asked === undefined) throw new Error(`no jar of the server is in ${directory}`);
  const printed = execFileSync(
    "java",
    ["-cp", join(directory, "*"), join(__dirname, "cassandra.java")],
    // Of what it prints beside that, nothing is ours.
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const rows = printed.split("\n").flatMap(rowIn);
  return Promise.resolve([{ version: asked.split(".").slice(0, 2).join("."), asked, rows }]);
}

/** A line of `cassandra.java`; nothing of what a library says. Each setting is read once, at a start. */
function rowIn(line: string): Row[] {
  const [name = "", type, least = "", most = "", unit = "", choices = "", value = ""] = line.split("\t");
  if (type === undefined) return [];
  return [
    {
      name,
      type: type as Row["type"],
      least,
      most,
      unit,
      choices: choices === "" ? [] : choices.split("|"),
      restart: true,
      default: value,
    },
  ];
}
