import { resolveDatabaseArgs } from "../database/defaults";
import type { ResolvedArgs } from "../database/engine";
import type { MySqlArgs } from "./args";
import { MYSQL_LIMITS } from "./limits";

/** Arguments of a MySQL database with every default filled in. */
export type ResolvedMySql = MySqlArgs & ResolvedArgs;

/** Fills in the defaults of a MySQL database. */
export function resolveMySql(args: MySqlArgs): ResolvedMySql {
  return { ...args, ...resolveDatabaseArgs(args, MYSQL_LIMITS.versions[0] ?? "") };
}
