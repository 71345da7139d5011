import { z } from "zod";
import { Durability } from "../../../components/database/args";
import type { MongoDbArgs } from "../../../components/mongodb/args";
import { mongoDbEngine } from "../../../components/mongodb/engine";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";

/** What a stack file can say of a database. */
const schema = databaseOf("mongodb", {
  ...sharedKeys,
  durability: z.literal(Durability.Majority).optional(),
  holdFeatureCompatibility: z.boolean().optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
} satisfies DatabaseShape<MongoDbArgs>);

/** MongoDB, as a stack knows it. */
export const mongodb = { definition: mongoDbEngine, schema };
