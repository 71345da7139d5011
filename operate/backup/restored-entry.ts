import { dump, load } from "js-yaml";
import { isDeepStrictEqual } from "node:util";
import { STACK_FILE_SCHEMA } from "../../render/stack-file-schema";
import { RefusedError } from "../deploy/refused-error";

/** Key of a stack file with its databases. */
const DATABASES = "stateful:databases";

type Map = Record<string, unknown>;

/** What a new database is to begin with. */
export interface RestoreLines {
  /** Whose backup is read. */
  from: string;
  /** Name of the new one. */
  as: string;
  time?: string;
  beforeTransaction?: string;
  cluster?: string;
  /** Size of its volumes. @default that of the other one's */
  storage?: string;
}

/** A stack file's text, with the database that is restored. */
export interface Lines {
  /** The new lines alone, indented as they stand in the file. */
  lines: string;
  /** The whole file with them. */
  text: string;
  /** All databases, as the file then has them. */
  databases: Map;
}

/**
 * Adds a database to a stack file's text, right below the one that it comes from and with its settings. All else of the text, its
 * comments too, stays as it is.
 *
 * @throws RefusedError with the lines, where the text is written in a way that they cannot be put into
 */
export function withRestored(text: string, file: string, wanted: RestoreLines): Lines {
  const before = databasesOf(text);
  const own = before[wanted.from];
  if (!isMap(own)) throw new RefusedError(`${file} has no database ${wanted.from}.`);
  const entry = restored(own, wanted);
  const at = placeBelow(text, wanted.from);
  const lines = dump({ [wanted.as]: entry }, { lineWidth: -1, noRefs: true })
    .trimEnd()
    .split("\n")
    .map((line) => `${at?.indent ?? "    "}${line}`)
    .join("\n");
  const databases = { ...before, [wanted.as]: entry };
  if (at !== undefined) {
    const all = text.split("\n");
    const changed = [...all.slice(0, at.line), lines, ...all.slice(at.line)].join("\n");
    if (isDeepStrictEqual(tryDatabasesOf(changed), databases)) return { lines, text: changed, databases };
  }
  throw new RefusedError(
    `${file} is written in a way that nothing can be added to here. Add this below ${DATABASES} yourself, and deploy:\n${lines}`,
  );
}

/** With the same settings, but for what only one can have. */
function restored(own: Map, { from, time, beforeTransaction, cluster, storage }: RestoreLines): Map {
  const { exposure, replicasExposure } = own;
  return {
    ...without(own, "restoreFrom"),
    ...(isMap(exposure) ? { exposure: without(exposure, "nodePort") } : {}),
    ...(isMap(replicasExposure) ? { replicasExposure: without(replicasExposure, "nodePort") } : {}),
    ...(storage === undefined ? {} : { storage }),
    restoreFrom: {
      database: from,
      ...(cluster === undefined ? {} : { cluster }),
      ...(time === undefined ? {} : { time }),
      ...(beforeTransaction === undefined ? {} : { beforeTransaction }),
    },
  };
}

function without(map: Map, key: string): Map {
  return Object.fromEntries(Object.entries(map).filter(([one]) => one !== key));
}

/** The line after an entry of the databases, and how far entries are indented; nothing where they are not one below the other. */
function placeBelow(text: string, name: string): { line: number; indent: string } | undefined {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => new RegExp(`^ *"?${DATABASES}"?:\\s*(#.*)?$`).test(line));
  if (from < 0) return undefined;
  const key = new RegExp(`^( +)(["']?)${name}\\2:(\\s|$)`);
  const first = lines.findIndex((line, index) => index > from && key.test(line));
  const indent = key.exec(lines[first] ?? "")?.[1];
  if (indent === undefined) return undefined;
  const isDeeper = (line: string): boolean => line.startsWith(`${indent} `) || line.trim() === "";
  let end = first + 1;
  while (end < lines.length && isDeeper(lines[end] ?? "")) end++;
  // Blank lines belong to what comes after.
  while (end > first + 1 && lines[end - 1]?.trim() === "") end--;
  return { line: end, indent };
}

function databasesOf(text: string): Map {
  const document = load(text, { schema: STACK_FILE_SCHEMA });
  const config = isMap(document) ? document["config"] : undefined;
  const databases = isMap(config) ? config[DATABASES] : undefined;
  return isMap(databases) ? databases : {};
}

function tryDatabasesOf(text: string): Map | undefined {
  try {
    return databasesOf(text);
  } catch {
    return undefined;
  }
}

function isMap(value: unknown): value is Map {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
