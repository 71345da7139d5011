import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { load, YAMLException } from "js-yaml";
import { didYouMean } from "../components/common/did-you-mean";
import { InvalidArgsError } from "../components/common/problems";
import { typed } from "./installation";
import { AmbiguousValue, STACK_FILE_SCHEMA } from "./stack-file-schema";
import { StackLines } from "./stack-lines";
import { UsageError } from "./usage-error";
import type { Secrets } from "./secrets";

/** A stack file, read as the Pulumi CLI would hand it to the program. */
export interface StackFile {
  /** Name of the stack: `dev` for `Pulumi.dev.yaml`. */
  stack: string;
  /** The file's own name. */
  file: string;
  /** Where it is. */
  path: string;
  /** Configuration by its full key; structured values are JSON. */
  config: Record<string, string>;
  /** Keys that hold something encrypted. */
  secretKeys: string[];
  /** What stands in it. @default not known, and with it no line of a mistake */
  text?: string;
}

/** Runs what may find mistakes in a stack file, and says of each where it stands: `Pulumi.dev.yaml:7`. */
export function withPlaces<Result>({ file, text }: StackFile, action: () => Result): Result {
  const placed = (error: unknown): never => {
    if (!(error instanceof InvalidArgsError) || text === undefined) throw error;
    const lines = new StackLines(text);
    throw new InvalidArgsError(
      error.problems.map((problem) => {
        const line = lines.lineOf(problem.key);
        return line === undefined ? problem : { ...problem, place: `${file}:${line}` };
      }),
    );
  };
  try {
    const result = action();
    return result instanceof Promise ? (result.catch(placed) as Result) : result;
  } catch (error) {
    return placed(error);
  }
}

/** In place of a path: the stack file is what comes in by standard input. */
export const STANDARD_INPUT = "-";

/**
 * Reads a stack file.
 *
 * @param nameOrPath NAME as in `Pulumi.NAME.yaml` of the project, or the path of a file
 * @param project directory of the project
 * @param secrets stands in for encrypted values, which only the CLI can decrypt
 * @throws UsageError if there is no such file or it is no stack file
 */
export function readStackFile(nameOrPath: string, project: string, secrets: Secrets): StackFile {
  if (nameOrPath === STANDARD_INPUT) {
    throw new UsageError(
      "--stack -: what a stack deployed is known by its name, which standard input has not. Give the path of a stack file; " +
        `only \`${typed("render")}\` reads one from standard input.`,
    );
  }
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath);
  const path = isPath ? nameOrPath : join(project, `Pulumi.${nameOrPath}.yaml`);
  if (!existsSync(path)) throw missing(nameOrPath, isPath, project);
  const file = basename(path);
  const stack = /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1] ?? file.replace(/\.ya?ml$/, "");

  return parseStackFile({ stack, file, path: resolve(path) }, readFileSync(path, "utf8"), secrets);
}

/**
 * Takes a text for a stack file.
 *
 * @param named what it is called, and where it is
 * @param secrets stands in for encrypted values, which only the CLI can decrypt
 * @throws UsageError if it is no stack file
 */
export function parseStackFile(
  named: Pick<StackFile, "stack" | "file" | "path">,
  text: string,
  secrets: Secrets,
): StackFile {
  const document = parse(text, named.file);
  const config: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(document)) {
    const plain = withoutEncryption(value, key, secrets);
    if (plain.encrypted) secretKeys.push(key);
    config[key] = asConfig(plain.value);
  }
  return { ...named, config, secretKeys, text };
}

function missing(nameOrPath: string, isPath: boolean, project: string): UsageError {
  if (isPath) return new UsageError(`There is no file ${nameOrPath}. Give the path of a stack file.`);
  const stacks = readdirSync(project).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const hint = didYouMean(nameOrPath, stacks) ?? `there are: ${stacks.join(", ")}`;
  return new UsageError(`There is no stack "${nameOrPath}" (no file Pulumi.${nameOrPath}.yaml): ${hint}`);
}

function parse(text: string, file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = load(text, { schema: STACK_FILE_SCHEMA });
  } catch (error) {
    if (error instanceof AmbiguousValue) {
      const found = new StackLines(text).lineOfText(error.source);
      throw new UsageError(`${file}${found === undefined ? "" : `, line ${found}`}: ${error.message}.`);
    }
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark ? `, line ${error.mark.line + 1}` : "";
    const advice =
      error.reason === "duplicated mapping key"
        ? "a key stands there a second time: keep one of the two"
        : "correct the YAML there";
    throw new UsageError(`${file}${line}: ${error.reason}; ${advice}.`);
  }
  const config = isMap(document) ? document["config"] : undefined;
  if (isMap(config)) return config;
  throw new UsageError(`${file} is no stack file: it needs a map "config:" with keys like stateful:target.`);
}

/** Replaces each `secure: …` of a value. */
function withoutEncryption(
  value: unknown,
  path: string,
  secrets: Secrets,
): { value: unknown; encrypted: boolean } {
  if (typeof value !== "object" || value === null) return { value, encrypted: false };
  if (isMap(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string") {
    return { value: secrets.encrypted(path), encrypted: true };
  }
  const entries = Object.entries(value).map(
    ([key, entry]) => [key, withoutEncryption(entry, `${path}.${key}`, secrets)] as const,
  );
  const encrypted = entries.some(([, entry]) => entry.encrypted);
  const plain = entries.map(([key, entry]) => [key, entry.value] as const);
  return {
    value: Array.isArray(value) ? plain.map(([, entry]) => entry) : Object.fromEntries(plain),
    encrypted,
  };
}

function asConfig(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
