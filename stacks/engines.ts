import type { Engine, ResolvedArgs } from "../components/database/engine";
import type { Topology } from "../components/protocol/topology";
import * as ENGINES from "./registry";

/** Every engine that a stack can name: what it is, and what a stack file can say of its databases. */
export { ENGINES };

export type EngineName = keyof typeof ENGINES;

/** The schema of each engine's databases. */
export type EngineSchema = (typeof ENGINES)[EngineName]["schema"];

export const ENGINE_NAMES = Object.keys(ENGINES) as [EngineName, ...EngineName[]];

/** For what is no engine's own, and takes one all the same: the first of those that can do the most, backups too. */
export const ANY_ENGINE = ENGINE_NAMES.find((name) => engineOf(name).hasBackups) ?? ENGINE_NAMES[0];

/** What a database's members are to each other and to their clients. */
export function topologyOf({ engine, args }: { engine: EngineName; args: ResolvedArgs }): Topology {
  return engineOf(engine).topology(args);
}

/** The engine of a database. */
export function engineOf(name: EngineName): Engine {
  return ENGINES[name].definition;
}
