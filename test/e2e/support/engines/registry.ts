import { createRequire } from "node:module";
import { ENGINE_NAMES, type EngineName } from "../../../../stacks/engines";
import { type FaultName, faultNames } from "../faults/names";
import type { MeasuredEngine, SqlEngine } from "./engine";

const load = createRequire(__filename);

/** What is an engine's own: a file beside this one that is called as the engine, and exports it by that name. */
function measured(name: EngineName): MeasuredEngine {
  const file = load(`./${name}`) as Partial<Record<EngineName, MeasuredEngine>>;
  const engine = file[name];
  if (engine === undefined) throw new Error(`${name}.ts exports no ${name}`);
  return engine;
}

/** The engines that can be measured: all that a stack can name. */
export const engines = Object.fromEntries(ENGINE_NAMES.map((name) => [name, measured(name)])) as Record<
  EngineName,
  MeasuredEngine
>;

/** The engine of a name that somebody gave. */
export function engineCalled(name: string | undefined): MeasuredEngine | undefined {
  return Object.values(engines).find((engine) => engine.name === name);
}

/** Those that are spoken to in SQL. */
export const sqlEngines = Object.values(engines).filter((engine): engine is SqlEngine =>
  [engine.repair, engine.accounts, engine.mistake, engine.largeTransaction].every(
    (words) => words !== undefined,
  ),
);

/** For what is no engine's own, and takes one all the same: one whose volumes and pods can be small. */
export const anyEngine: MeasuredEngine = sqlEngines.find(
  ({ leastStorage, leastMemory }) => leastStorage === undefined && leastMemory === undefined,
)!;

/** The faults that can strike an engine. */
export function faultsOf({ largeTransaction }: Pick<MeasuredEngine, "largeTransaction">): FaultName[] {
  return faultNames.filter((name) => name !== "large-transaction" || largeTransaction !== undefined);
}
