import { imageOf } from "../common/images";
import { resolveDatabaseArgs } from "../database/defaults";
import type { WithVolumes } from "../database/engine";
import type { CassandraArgs } from "./args";
import { IMAGES } from "./images";
import { CASSANDRA_LIMITS, DEFAULT_MEMORY } from "./limits";

/** Arguments of a Cassandra database with every default filled in. */
export type ResolvedCassandra = WithVolumes & CassandraArgs & Required<Pick<CassandraArgs, "image">>;

/** Fills in the defaults of a Cassandra database. */
export function resolveCassandra(args: CassandraArgs): ResolvedCassandra {
  const resolved = resolveDatabaseArgs(args, CASSANDRA_LIMITS.versions[0] ?? "");
  return {
    ...args,
    ...resolved,
    resources: { ...resolved.resources, memory: args.resources?.memory ?? DEFAULT_MEMORY },
    image: args.image ?? imageOf(IMAGES.server, resolved.version),
  };
}
