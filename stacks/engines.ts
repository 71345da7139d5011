import type { Engine } from "../components/database/engine";
import * as ENGINES from "./registry";

/** Every engine that a stack can name: what it is, and what a stack file can say of its databases. */
export { ENGINES };

export type EngineName = keyof typeof ENGINES;

/** The schema of each engine's databases. */
export type EngineSchema = (typeof ENGINES)[EngineName]["schema"];

export const ENGINE_NAMES = Object.keys(ENGINES) as [EngineName, ...EngineName[]];

/** The engine of a database. */
export function engineOf(name: EngineName): Engine {
  return ENGINES[name].definition;
}
