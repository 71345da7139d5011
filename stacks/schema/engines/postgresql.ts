import { z } from "zod";
import { Durability } from "../../../components/database/args";
import { type PoolerArgs, PoolMode, type PostgreSqlArgs } from "../../../components/postgresql/args";
import { postgresqlEngine } from "../../../components/postgresql/engine";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";
import { keys, resources, type ShapeOf, text, textList } from "../parts";

const pooler = keys({
  replicas: z.int().optional(),
  mode: z.enum(PoolMode).optional(),
  poolSize: z.int().optional(),
  maxClients: z.int().optional(),
  image: text.optional(),
  userId: z.int().optional(),
  resources: resources.optional(),
} satisfies ShapeOf<PoolerArgs>);

/** What a stack file can say of a database. */
const schema = databaseOf("postgresql", {
  ...sharedKeys,
  durability: z.enum(Durability).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
  extensions: textList.optional(),
  clientHba: textList.optional(),
  pooler: pooler.optional(),
  replicasPooler: pooler.optional(),
  followerSlots: textList.optional(),
  userId: z.int().optional(),
  binaries: text.optional(),
} satisfies DatabaseShape<PostgreSqlArgs>);

/** PostgreSQL, as a stack knows it. */
export const postgresql = { definition: postgresqlEngine, schema };
