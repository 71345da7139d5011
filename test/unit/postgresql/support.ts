import { InvalidArgsError, PostgreSql, type PostgreSqlArgs } from "../../../components";
import type { Problem } from "../../../components/common/problems";
import { recordDatabase } from "../support/database";

export const base: PostgreSqlArgs = { namespace: "databases", storage: "20Gi" };

/** The database `orders`, and what Pulumi was told of it. */
export async function postgresql(args: Partial<PostgreSqlArgs> = {}) {
  return recordDatabase(() => new PostgreSql("orders", { ...base, ...args }));
}

/** What is wrong with its arguments. */
export function problemsOf(args: Partial<PostgreSqlArgs>): readonly Problem[] {
  try {
    new PostgreSql("orders", { ...base, ...args });
  } catch (error) {
    if (error instanceof InvalidArgsError) return error.problems;
    throw error;
  }
  return [];
}
