import { createRequire } from "node:module";
import { ENGINE_NAMES, type EngineName } from "../../../stacks/engines";
import type { LeftOut, LoadedEngine } from "./engine";

const load = createRequire(__filename);

/** What is an engine's own: a file of `engines/` that is called as the engine, and exports it by that name. */
function loaded(name: EngineName): LoadedEngine | LeftOut {
  const file = load(`./engines/${name}`) as Partial<Record<EngineName, LoadedEngine | LeftOut>>;
  const engine = file[name];
  if (engine === undefined) throw new Error(`engines/${name}.ts exports no ${name}`);
  return engine;
}

const all = ENGINE_NAMES.map((name) => [name, loaded(name)] as const);

/** Those that are loaded, by name. */
export const loadedEngines: ReadonlyMap<string, LoadedEngine> = new Map(
  all.flatMap(([name, engine]) => ("leftOut" in engine ? [] : [[name, engine] as const])),
);

/** Those that are not, with the reason. */
export const leftOutEngines: ReadonlyMap<string, string> = new Map(
  all.flatMap(([name, engine]) => ("leftOut" in engine ? [[name, engine.leftOut] as const] : [])),
);
