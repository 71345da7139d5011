import { InvalidArgsError, PostgreSql, type PostgreSqlArgs } from "../../../components";
import type { Problem } from "../../../components/common/problems";
import { record } from "./recording";

export const base: PostgreSqlArgs = { namespace: "databases", storage: "20Gi" };

/** The database `orders`, and what Pulumi was told of it. */
export async function postgresql(args: Partial<PostgreSqlArgs> = {}) {
  let database: PostgreSql | undefined;
  const recording = await record(
    () => {
      database = new PostgreSql("orders", { ...base, ...args });
    },
    { answers: ({ type }) => (type.endsWith(":RandomPassword") ? { result: "generated" } : undefined) },
  );
  return { recording, database: database! };
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
