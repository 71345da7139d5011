import { parseArgs } from "node:util";
import { UsageError } from "../../render/usage-error";
import { LOCAL } from "../e2e/support/deploy/measured-database";
import type { MeasuredEngine } from "../e2e/support/engines/engine";
import { engineCalled, engines } from "../e2e/support/engines/registry";
import { soakFaults } from "./faults";
import { anySeed } from "./random";
import { parseRound } from "./round-text";
import type { Round } from "./scenario";

export const usage = `Usage: npm run soak -- --engine ENGINE --minutes N [options]
       npm run soak -- --replay FOLDER
       npm run soak -- --prepare

Deploys a database and lets a random sequence of faults strike it, one or two at a time, while clients work on it. Each
operation is recorded and judged: test/soak/README.md. The database is removed afterwards, with its data.

  --engine ENGINE     ${Object.keys(engines).join(", ")}
  --minutes N         no round begins after that time
  --seed S            the sequence: the same seed, list of faults and kind of cluster give the same (default: a new one, printed)
  --round FAULTS      this round in place of drawn ones, again and again; may be given several times:
                      FAULT[@AIM][,FAULT[@AIM][+SECONDS]], e.g. disk-lost@main,node-stopped@same+3
  --plan N            only print the first N rounds of the seed; needs no cluster
  --without NAME      switch a guarantee off, to see that this is then noticed:
                      ${Object.entries(engines)
                        .map(([name, { guarantees }]) => `${name}: ${Object.keys(guarantees).join(", ")}`)
                        .join("; ")}
  --class CLASS       storage class, or \`${LOCAL}\` for local volumes of the stack's own (default: the cluster's default)
  --nodes A,B,C       nodes to use (default: all that run pods)
  --writer-image I    image with Node 20 or newer (default: that of the suites)
  --keep FOLDER       where histories of red rounds are kept (default: .cluster/soak)
  --keep-all          keep those of the others, too
  --stop-when-red     make no round after a red one
  --record            add what it came to, to bench/results/soak.json
  --replay FOLDER     judge a kept history anew; needs no cluster
  --prepare           only build the checkers

Faults: ${soakFaults.map(({ name }) => name).join(", ")}.
They are aimed at main (the member that takes writes, or the first of equals), at other-1, other-2 or, the second one of a
round, at same: the member of the first one.
It speaks to the cluster of KUBECONFIG; without that, to the test bed. Power, network and processes are only taken from
the test bed. After an interruption, \`npm run cluster -- up\` gives back what a fault took away.
`;

/** A soak of a database. */
export interface SoakOptions {
  engine: MeasuredEngine;
  minutes: number;
  seed: number;
  rounds: Round[];
  without?: string;
  storageClass?: string;
  nodes?: string[];
  writerImage?: string;
  keep?: string;
  keepAll: boolean;
  stopWhenRed: boolean;
  record: boolean;
}

/** What the command was asked to do. */
export type Task =
  | { task: "soak"; options: SoakOptions }
  | { task: "plan"; seed: number; rounds: number }
  | { task: "replay"; folder: string }
  | { task: "prepare" };

/**
 * Reads the command line.
 *
 * @throws UsageError with every mistake
 */
export function readTask(args: string[]): Task {
  const values = parse(args);
  if (values.prepare === true) return { task: "prepare" };
  if (values.replay !== undefined) return { task: "replay", folder: values.replay };
  const mistakes: string[] = [];
  const seed = numberOf("seed", values.seed ?? String(anySeed()), 0, mistakes);
  if (values.plan !== undefined) {
    const rounds = numberOf("plan", values.plan, 1, mistakes);
    if (mistakes.length > 0) throw new UsageError(`${mistakes.join("\n")}\n\n${usage}`);
    return { task: "plan", seed, rounds };
  }
  const engine = engineCalled(values.engine);
  if (engine === undefined)
    mistakes.push(`--engine is one of ${Object.keys(engines).join(", ")}, not \`${values.engine ?? ""}\``);
  const minutes = numberOf("minutes", values.minutes ?? "", 1, mistakes);
  const rounds = (values.round ?? []).map(parseRound);
  for (const round of rounds) if (typeof round === "string") mistakes.push(`--round: ${round}`);
  const { without } = values;
  const guarantees = Object.keys(engine?.guarantees ?? {});
  if (without !== undefined && !guarantees.includes(without))
    mistakes.push(`--without is one of ${guarantees.join(", ")}, not \`${without}\``);
  if (without !== undefined && rounds.length > 0)
    mistakes.push("--without has a fault of its own: leave --round away");
  if (mistakes.length > 0 || engine === undefined) throw new UsageError(`${mistakes.join("\n")}\n\n${usage}`);
  return {
    task: "soak",
    options: {
      ...{ engine, minutes, seed, without, rounds: rounds as Round[] },
      storageClass: values.class,
      nodes: values.nodes?.split(","),
      writerImage: values["writer-image"],
      keep: values.keep,
      keepAll: values["keep-all"] ?? false,
      stopWhenRed: values["stop-when-red"] ?? false,
      record: values.record ?? false,
    },
  };
}

function numberOf(option: string, value: string, least: number, mistakes: string[]): number {
  const number = Number(value);
  if (value === "" || !Number.isInteger(number) || number < least || number > 2 ** 32)
    mistakes.push(`--${option} is a whole number from ${least}, not \`${value}\``);
  return number;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        engine: { type: "string" },
        minutes: { type: "string" },
        seed: { type: "string" },
        round: { type: "string", multiple: true },
        plan: { type: "string" },
        without: { type: "string" },
        class: { type: "string" },
        nodes: { type: "string" },
        "writer-image": { type: "string" },
        keep: { type: "string" },
        "keep-all": { type: "boolean" },
        "stop-when-red": { type: "boolean" },
        record: { type: "boolean" },
        replay: { type: "string" },
        prepare: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
