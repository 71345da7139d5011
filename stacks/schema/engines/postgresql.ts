import { z } from "zod";
import { Durability } from "../../../components/database/args";
import { type PoolerArgs, PoolMode, type PostgreSqlArgs } from "../../../components/postgresql/args";
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

/** A PostgreSQL database in a stack file. */
export const postgresqlSchema = databaseOf("postgresql", {
  ...sharedKeys,
  durability: z.enum(Durability).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
  extensions: textList.optional(),
  clientHba: textList.optional(),
  pooler: pooler.optional(),
  userId: z.int().optional(),
  binaries: text.optional(),
} satisfies DatabaseShape<PostgreSqlArgs>);
