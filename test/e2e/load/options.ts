import { parseArgs } from "node:util";
import { UsageError } from "../../../render/usage-error";
import { leftOutEngines, loadedEngines } from "./registry";

/** Rounds of each measurement. An odd number has a median that was measured. */
const ROUNDS = 3;
/** A round of one engine takes some minutes. */
const MOST_ROUNDS = 50;

export const usage = `Usage: npm run bench -- --load [options]

Puts an engine's usual tool on three members, on one, on bare servers and on a group that was joined by hand, in turn,
and records what each of them does in bench/results/load.json, docs/load.md and its pictures. Needs the test bed
(\`npm run cluster -- up\`), and about a quarter of an hour for each engine, of which the rounds are ten minutes.

  --engine ENGINE  ${[...loadedEngines.keys()].join(", ")} (default: one after the other)
  --rounds N       how often each is measured, from 1 to ${MOST_ROUNDS} (default: ${ROUNDS})
  --page           only write docs/load.md and its pictures anew, from what is recorded
  --help           show this

Its exit status is 1 where a figure misses what is asked.
`;

/** What the command was asked to do. */
export interface Options {
  engines: string[];
  rounds: number;
}

/**
 * Reads the command line; undefined asks for the page alone.
 *
 * @throws UsageError with every mistake
 */
export function readOptions(args: string[]): Options | undefined {
  const { engine, rounds = String(ROUNDS), page = false, rest } = parse(args);
  const mistakes = rest.map((one) => `${one} is not known`);
  const left = leftOutEngines.get(engine ?? "");
  if (left !== undefined) mistakes.push(`--engine ${engine ?? ""} is not measured: ${left}`);
  else if (engine !== undefined && !loadedEngines.has(engine))
    mistakes.push(`--engine is one of ${[...loadedEngines.keys()].join(", ")}, not \`${engine}\``);
  const count = Number(rounds);
  if (!/^\d+$/.test(rounds) || count < 1 || count > MOST_ROUNDS)
    mistakes.push(`--rounds is a number from 1 to ${MOST_ROUNDS}, not \`${rounds}\``);
  if (page && args.length > 1) mistakes.push("--page measures nothing: leave the other options away");
  if (mistakes.length > 0) throw new UsageError(`${mistakes.join("\n")}\n\n${usage}`);
  if (page) return undefined;
  return { engines: engine === undefined ? [...loadedEngines.keys()] : [engine], rounds: count };
}

function parse(args: string[]): { engine?: string; rounds?: string; page?: boolean; rest: string[] } {
  const options = {
    engine: { type: "string" },
    rounds: { type: "string" },
    page: { type: "boolean" },
  } as const;
  try {
    const { values, positionals, tokens } = parseArgs({ args, options, strict: false, tokens: true });
    const unknown = tokens.flatMap((token) =>
      token.kind === "option" && !(token.name in options) ? [token.rawName] : [],
    );
    const text = (name: "engine" | "rounds"): Record<string, string> => {
      const value = values[name];
      return value === undefined ? {} : { [name]: typeof value === "string" ? value : "" };
    };
    return {
      ...text("engine"),
      ...text("rounds"),
      page: values.page === true,
      rest: [...unknown, ...positionals],
    };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
