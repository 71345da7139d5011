import { z } from "zod";
import { Durability } from "../../../components/database/args";
import type { CassandraArgs } from "../../../components/cassandra/args";
import { Racks } from "../../../components/cassandra/protocol";
import { cassandraEngine } from "../../../components/cassandra/engine";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";

/** What a stack file can say of a database. */
const schema = databaseOf("cassandra", {
  ...sharedKeys,
  durability: z.enum([Durability.Majority, Durability.Preferred]).optional(),
  racks: z.enum(Racks).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
} satisfies DatabaseShape<CassandraArgs>);

/** Cassandra, as a stack knows it. */
export const cassandra = { definition: cassandraEngine, schema };
