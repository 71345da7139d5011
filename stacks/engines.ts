import type { Engine } from "../components/database/engine";
import { mysqlEngine } from "../components/mysql/engine";
import { postgresqlEngine } from "../components/postgresql/engine";

/** Every engine that a stack can name. */
export const ENGINES: ReadonlyMap<string, Engine> = new Map([
  ["mysql", mysqlEngine],
  ["postgresql", postgresqlEngine],
]);

/** The engine of a checked configuration. */
export function engineOf(name: string): Engine {
  const engine = ENGINES.get(name);
  if (engine === undefined) throw new Error(`no engine "${name}": the configuration was not checked`);
  return engine;
}
