import { imageOf } from "../common/images";
import { resolveDatabaseArgs } from "../database/defaults";
import type { WithVolumes } from "../database/engine";
import { DATABASE_USER_ID } from "../database/pod-security";
import type { PostgreSqlArgs } from "./args";
import { IMAGES } from "./images";
import { POSTGRESQL_LIMITS } from "./limits";
import { resolvePooler, type ResolvedPooler } from "./pooler-checks";

/** Arguments of a PostgreSQL database with every default filled in. */
export type ResolvedPostgreSql = WithVolumes &
  Omit<PostgreSqlArgs, "pooler" | "replicasPooler"> &
  Required<Pick<PostgreSqlArgs, "image" | "extensions" | "clientHba" | "userId" | "binaries">> & {
    pooler?: ResolvedPooler;
    replicasPooler?: ResolvedPooler;
  };

/** Fills in the defaults of a PostgreSQL database. */
export function resolvePostgreSql(args: PostgreSqlArgs): ResolvedPostgreSql {
  const resolved = resolveDatabaseArgs(args, POSTGRESQL_LIMITS.versions[0] ?? "");
  const { version } = resolved;
  return {
    ...args,
    ...resolved,
    image: args.image ?? imageOf(IMAGES.server, version),
    extensions: args.extensions ?? [],
    clientHba: args.clientHba ?? ["host all all all scram-sha-256"],
    pooler: args.pooler && resolvePooler(args.pooler),
    replicasPooler: args.replicasPooler && resolvePooler(args.replicasPooler),
    userId: args.userId ?? DATABASE_USER_ID,
    binaries: args.binaries ?? `/usr/lib/postgresql/${version}/bin`,
  };
}
