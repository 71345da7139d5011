import { imageOf } from "../common/images";
import { resolveDatabaseArgs } from "../database/defaults";
import type { WithVolumes } from "../database/engine";
import type { MySqlArgs } from "./args";
import { IMAGES } from "./images";
import { MYSQL_LIMITS } from "./limits";

/** Arguments of a MySQL database with every default filled in. */
export type ResolvedMySql = WithVolumes & Omit<MySqlArgs, "image"> & Required<Pick<MySqlArgs, "image">>;

/** Fills in the defaults of a MySQL database. */
export function resolveMySql(args: MySqlArgs): ResolvedMySql {
  const resolved = resolveDatabaseArgs(args, MYSQL_LIMITS.versions[0] ?? "");
  return {
    ...args,
    ...resolved,
    image: args.image ?? imageOf(IMAGES.server, resolved.version),
  };
}
