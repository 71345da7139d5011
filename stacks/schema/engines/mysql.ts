import { z } from "zod";
import { Durability } from "../../../components/database/args";
import type { MySqlArgs } from "../../../components/mysql/args";
import { type DatabaseShape, databaseOf, sharedKeys } from "../database";

/** A MySQL database in a stack file. */
export const mysqlSchema = databaseOf("mysql", {
  ...sharedKeys,
  durability: z.enum([Durability.Majority, Durability.All]).optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
} satisfies DatabaseShape<MySqlArgs>);
