import { imageOf } from "../common/images";
import { resolveDatabaseArgs } from "../database/defaults";
import type { ResolvedArgs } from "../database/engine";
import { type RedisArgs, RedisMode } from "./args";
import { IMAGES } from "./images";
import { DEFAULT_DURABILITY, REDIS_LIMITS } from "./limits";

/** Arguments of a Redis database with every default filled in. */
export type ResolvedRedis = ResolvedArgs &
  Omit<RedisArgs, "image" | "mode"> &
  Required<Pick<RedisArgs, "image" | "mode">>;

/** Fills in the defaults of a Redis database. */
export function resolveRedis(args: RedisArgs): ResolvedRedis {
  const { storage, ...resolved } = resolveDatabaseArgs(args, REDIS_LIMITS.versions[0] ?? "");
  const mode = args.mode ?? RedisMode.Store;
  return {
    ...args,
    ...resolved,
    mode,
    ...(mode === RedisMode.Store ? { storage } : {}),
    durability: args.durability ?? DEFAULT_DURABILITY,
    database: args.database ?? "0",
    image: args.image ?? imageOf(IMAGES.server, resolved.version),
  };
}
