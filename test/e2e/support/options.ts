import { parseArgs } from "node:util";
import { UsageError } from "../../../render/usage-error";
import { LOCAL } from "./deploy/measured-database";
import type { MeasuredEngine } from "./engines/engine";
import { engineCalled, engines, faultsOf } from "./engines/registry";
import { type FaultName, faultNames, isLoss, type LossName, lossNames } from "./faults/names";

export const usage = `Usage: npm run failures -- --engine ENGINE [options]

Deploys a database, lets faults strike it while writers are at work, and records what they saw in
bench/results/failures.json and docs/failure-matrix.md. It is removed afterwards, with its data.

  --engine ENGINE     ${Object.keys(engines).join(", ")}
  --fault FAULT       may be given several times (default: all but the last two, which need the object store
                      of the test bed): ${[...faultNames, ...lossNames].join(", ")}
  --runs N            runs of each fault (default: 10)
  --resume            keep the runs that were recorded on the same setup, and make those that lack
  --without NAME      switch a guarantee off, to see that its fault is then noticed (runs: 1):
                      ${Object.entries(engines)
                        .map(([name, { guarantees }]) => `${name}: ${Object.keys(guarantees).join(", ")}`)
                        .join("; ")}
  --extras            with more beside the servers: a sidecar, an exporter, a second user, a pooler, as far as the engine
                      has them (faults: pod-deleted, server-killed, node-stopped; runs: 5)
  --class CLASS       storage class, or \`${LOCAL}\` for local volumes of the stack's own (default: ${LOCAL})
  --nodes A,B,C       nodes to use (default: all that run pods)
  --writer-image I    image with Node 20 or newer (default: that of the suites)
  --timeline          records the course of one run for its picture, in bench/results/timelines, and nothing else of
                      it: two watches more are at work. Needs one --fault (runs: 1; of several, the last is kept)
  --alerts            records which of the product's alerts a run raises, by a Prometheus beside it, in bench/results/alerts.json,
                      and nothing else of it (runs: 1; of several, the last is kept)
  --matrix            only write docs/failure-matrix.md and its pictures anew

It speaks to the cluster of KUBECONFIG; without that, to the test bed. Power and network are only cut on the test bed.
After an interruption, \`npm run cluster -- up\` gives back what a fault took away, and --resume goes on.
`;

/** The everyday one, the one without a warning, the worst. */
const STRUCK_WITH_EXTRAS: readonly FaultName[] = ["pod-deleted", "server-killed", "node-stopped"];

/** What the command was asked to do. */
export interface Options {
  engine: MeasuredEngine;
  faults: (FaultName | LossName)[];
  runs: number;
  resume: boolean;
  without?: string;
  /** Whether more stands beside the servers. */
  extras: boolean;
  storageClass: string;
  nodes?: string[];
  writerImage?: string;
  /** Whether the course of the run is recorded, and nothing else of it. */
  timeline: boolean;
  /** Whether the alerts that it raises are recorded, and nothing else of it. */
  alerts: boolean;
}

/**
 * Reads the command line; undefined asks for the matrix alone.
 *
 * @throws UsageError with every mistake
 */
export function readOptions(args: string[]): Options | undefined {
  const values = parse(args);
  if (values.matrix === true) return undefined;
  const mistakes: string[] = [];
  const known: readonly string[] = [...faultNames, ...lossNames];
  const oneOf = (option: string, value: string | undefined, allowed: readonly string[]): void => {
    if (value !== undefined && allowed.includes(value)) return;
    mistakes.push(`--${option} is one of ${allowed.join(", ")}, not \`${value ?? ""}\``);
  };
  oneOf("engine", values.engine, Object.keys(engines));
  const engine = engineCalled(values.engine);
  for (const fault of values.fault ?? []) oneOf("fault", fault, known);
  if (values.without !== undefined) {
    oneOf("without", values.without, Object.keys(engine?.guarantees ?? {}));
    if (values.fault !== undefined) mistakes.push("--without has a fault of its own: leave --fault away");
  }
  const { timeline = false, extras = false, alerts = false } = values;
  if (alerts && (timeline || extras || values.without !== undefined || values.fault?.some(isLoss) === true))
    mistakes.push(
      `--alerts goes with --fault of ${faultNames.join(", ")}, and with nothing else that is watched or changed`,
    );
  if (extras && (timeline || values.without !== undefined || values.fault?.some(isLoss) === true))
    mistakes.push(
      `--extras goes with --fault of ${faultNames.join(", ")}, and neither with --without nor with --timeline`,
    );
  if (timeline && (values.fault?.length !== 1 || values.fault.some(isLoss)))
    mistakes.push(`--timeline needs one --fault of ${faultNames.join(", ")}`);
  const guarantee = engine?.guarantees[values.without ?? ""];
  const usual = extras ? "5" : "10";
  const runs = Number(values.runs ?? (guarantee === undefined && !timeline && !alerts ? usual : "1"));
  if (!Number.isInteger(runs) || runs < 1)
    mistakes.push(`--runs is a number from 1, not \`${values.runs ?? ""}\``);
  if (mistakes.length > 0 || engine === undefined) throw new UsageError(`${mistakes.join("\n")}\n\n${usage}`);
  return {
    engine,
    faults:
      guarantee === undefined
        ? ((values.fault ?? (extras ? STRUCK_WITH_EXTRAS : faultsOf(engine))) as (FaultName | LossName)[])
        : [guarantee.fault],
    runs,
    resume: values.resume ?? false,
    without: values.without,
    extras,
    storageClass: values.class ?? LOCAL,
    nodes: values.nodes?.split(","),
    writerImage: values["writer-image"],
    timeline,
    alerts,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        engine: { type: "string" },
        fault: { type: "string", multiple: true },
        runs: { type: "string" },
        resume: { type: "boolean" },
        without: { type: "string" },
        extras: { type: "boolean" },
        class: { type: "string" },
        nodes: { type: "string" },
        "writer-image": { type: "string" },
        timeline: { type: "boolean" },
        alerts: { type: "boolean" },
        matrix: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
