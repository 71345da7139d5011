import { z } from "zod";
import { Durability } from "../../../components/database/args";
import { type RedisArgs, RedisMode } from "../../../components/redis/args";
import { redisEngine } from "../../../components/redis/engine";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";

/** What a stack file can say of a database. */
const schema = databaseOf("redis", {
  ...sharedKeys,
  mode: z.enum(RedisMode).optional(),
  durability: z.enum([Durability.Preferred, Durability.Majority]).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
} satisfies DatabaseShape<RedisArgs>);

/** Redis and Valkey, as a stack knows them. */
export const redis = { definition: redisEngine, schema };
