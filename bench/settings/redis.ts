import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type VersionTable, versionIn } from "./engine";
import { asked, inDirectory, whileRunning } from "./server";
import type { Row } from "./table";

/** What is to be named, and what is then written. */
export const usage =
  "DIRECTORY       writes the table of the version in DIRECTORY (with valkey-server or redis-server, and -cli)";

/** The table of one version. */
export async function tables(directory: string): Promise<VersionTable[]> {
  const brand = existsSync(join(directory, "valkey-server")) ? "valkey" : "redis";
  const version = versionIn(asked(join(directory, `${brand}-server`)).print("--version"));
  const rows = await settingsOf(join(directory, `${brand}-server`), join(directory, `${brand}-cli`));
  return [{ version: version.split(".").slice(0, 2).join("."), asked: version, rows }];
}

/** Two names of one setting: the later one is kept. */
const FORMER = /(^|-)slave(s|of)?(-|$)|ziplist|^primary|^lua-time-limit$|_/;

/** A word that is no value of anything but a text, and numbers beyond every bound: of counts, and of bytes. */
const [NO_VALUE, COUNTS_BEYOND, BYTES_BEYOND] = [
  "no-such-value",
  "9223372036854775807",
  "99999999999999999999",
];

/**
 * Asks a server for its settings: names and defaults of one that runs, and types, bounds and choices by giving each a value
 * that none has: it does not start, and says what it would take.
 */
async function settingsOf(server: string, client: string): Promise<Row[]> {
  return inDirectory(async (directory) => {
    const socket = join(directory, "socket");
    const ask = (...words: string[]): string =>
      execFileSync(client, ["-s", socket, ...words], { encoding: "utf8" }).trimEnd();
    const { connection: names, stop } = await whileRunning(
      server,
      ["--port", "0", "--unixsocket", socket, "--dir", directory],
      () => Promise.resolve(pairsIn(ask("CONFIG", "GET", "*"))),
    );
    try {
      return [...names]
        .filter(([name]) => !FORMER.test(name) && !["unixsocket", "dir", "port"].includes(name))
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, value]) => ({
          ...refusalOf(server, name, directory),
          name,
          restart: /immutable/.test(ask("CONFIG", "SET", name, value)),
          default: value,
        }));
    } finally {
      await stop();
    }
  });
}

/** Names and values by turns, a line each. */
function pairsIn(answer: string): Map<string, string> {
  const lines = answer.split("\n");
  if (lines.length < 10) throw new Error("the server does not answer yet");
  return new Map(lines.flatMap((line, at) => (at % 2 === 0 ? [[line, lines[at + 1] ?? ""] as const] : [])));
}

/** What a server says of a value that it does not take. */
function refusalOf(
  server: string,
  name: string,
  directory: string,
): Omit<Row, "name" | "restart" | "default"> {
  const said = (value: string): string => {
    const { stdout, stderr } = spawnSync(server, ["--port", "0", `--${name}`, value], {
      encoding: "utf8",
      timeout: 10_000,
      cwd: directory,
    });
    return stdout + stderr;
  };
  const words = said(NO_VALUE);
  const text = { type: "text", least: "", most: "", unit: "", choices: [] } as const;
  if (/must be 'yes' or 'no'/.test(words)) return { ...text, type: "boolean" };
  const [, list] = /must be one of the following: (.*)/.exec(words) ?? [];
  if (list !== undefined) return { ...text, type: "choice", choices: list.trim().split(/,\s*/) };
  const memory = /must be a memory( or percent)? value/.exec(words);
  if (memory === null && !/parsed into an integer/.test(words)) return text;
  const [, least = "", most = ""] =
    /between (-?\d+) and (\d+) inclusive/.exec(said(memory === null ? COUNTS_BEYOND : BYTES_BEYOND)) ?? [];
  // What is below zero is a share of the memory.
  const share = memory?.[1] === undefined ? least : "-100";
  return { ...text, type: "integer", least: share, most, unit: memory === null ? "" : "B" };
}
