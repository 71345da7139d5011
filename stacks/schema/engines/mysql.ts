import { z } from "zod";
import { Durability } from "../../../components/database/args";
import type { MySqlArgs } from "../../../components/mysql/args";
import { mysqlEngine } from "../../../components/mysql/engine";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";

/** What a stack file can say of a database. */
const schema = databaseOf("mysql", {
  ...sharedKeys,
  durability: z.enum([Durability.Majority, Durability.All]).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
} satisfies DatabaseShape<MySqlArgs>);

/** MySQL, as a stack knows it. */
export const mysql = { definition: mysqlEngine, schema };
