import type { Engine } from "../components/database/engine";
import { mysqlEngine } from "../components/mysql/engine";
import { postgresqlEngine } from "../components/postgresql/engine";
import { mysqlSchema } from "./schema/engines/mysql";
import { postgresqlSchema } from "./schema/engines/postgresql";

/** Every engine that a stack can name: what it is, and what a stack file can say of its databases. */
export const ENGINES = {
  mysql: { definition: mysqlEngine, schema: mysqlSchema },
  postgresql: { definition: postgresqlEngine, schema: postgresqlSchema },
} as const;

export type EngineName = keyof typeof ENGINES;

/** The schema of each engine's databases. */
export type EngineSchema = (typeof ENGINES)[EngineName]["schema"];

export const ENGINE_NAMES = Object.keys(ENGINES) as [EngineName, ...EngineName[]];

/** The engine of a database. */
export function engineOf(name: EngineName): Engine {
  return ENGINES[name].definition;
}
