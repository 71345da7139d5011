import { adminSql } from "../admin";
import type { Scene } from "./scene";

/** As many clients at once commit the largest transaction that is let through. */
const CLIENTS = 8;

/** What was not as it must be, by the scene that it was seen in. */
const complaints = new WeakMap<Scene, string[]>();

/**
 * Lets eight clients commit the largest transaction at once, and then one client try twice as large a one, or 600,000
 * rows of 200 bytes if that is more.
 */
export async function commitLargeTransactions(scene: Scene): Promise<void> {
  const { engine, target } = scene;
  if (engine.largeTransaction === undefined) throw new Error(`no transaction of ${engine.name} is large`);
  const { prepare, largest, larger, refusal, cleanUp } = engine.largeTransaction;
  const said: string[] = [];
  const run = async (statement: string): Promise<string | undefined> =>
    adminSql(scene, target.pod, statement).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const prepared = await run(prepare);
  if (prepared !== undefined) throw new Error(prepared);
  const outcomes = await Promise.all(Array.from({ length: CLIENTS }, async () => run(largest)));
  for (const error of outcomes)
    if (error !== undefined) said.push(`a transaction within the limit was refused: ${error}`);
  const answer = await run(larger);
  if (refusal === undefined && answer !== undefined) said.push(`a larger transaction was refused: ${answer}`);
  if (refusal !== undefined && answer === undefined)
    said.push("a transaction beyond the limit was let through");
  if (refusal !== undefined && answer !== undefined && !refusal.test(answer))
    said.push(`a transaction beyond the limit was refused with other words: ${answer}`);
  await run(cleanUp);
  complaints.set(scene, said);
}

/** What clients were told, and should not have been. */
export function complaintsIn(scene: Scene): string[] {
  return complaints.get(scene) ?? [];
}
