import { imageOf } from "../common/images";
import { resolveDatabaseArgs } from "../database/defaults";
import type { WithVolumes } from "../database/engine";
import type { MongoDbArgs } from "./args";
import { IMAGES } from "./images";
import { MONGODB_LIMITS } from "./limits";

/** Arguments of a MongoDB database with every default filled in. */
export type ResolvedMongoDb = WithVolumes & MongoDbArgs & Required<Pick<MongoDbArgs, "image">>;

/** Fills in the defaults of a MongoDB database. */
export function resolveMongoDb(args: MongoDbArgs): ResolvedMongoDb {
  const resolved = resolveDatabaseArgs(args, MONGODB_LIMITS.versions[0] ?? "");
  return {
    ...args,
    ...resolved,
    resources: { ...resolved.resources, memory: args.resources?.memory ?? MONGODB_LIMITS.minMemory },
    image: args.image ?? imageOf(IMAGES.server, resolved.version),
  };
}
