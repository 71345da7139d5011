import { record, type Recording } from "./recording";

/** A database, and what Pulumi was told of it. Every generated password is `generated`. */
export async function recordDatabase<T>(create: () => T): Promise<{ recording: Recording; database: T }> {
  let database: T | undefined;
  const recording = await record(
    () => {
      database = create();
    },
    { answers: ({ type }) => (type.endsWith(":RandomPassword") ? { result: "generated" } : undefined) },
  );
  return { recording, database: database! };
}
