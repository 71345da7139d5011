import type { Pod } from "../../../operate/objects";
import { adminSql } from "./admin";
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
  const { engine, primary } = scene;
  const { prepare, largest, larger, refusal, cleanUp } = engine.largeTransaction;
  const said: string[] = [];
  const run = async (statement: string): Promise<string | undefined> =>
    adminSql(scene, primary.pod, statement).then(
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

/** @returns what tells, later, which servers ended meanwhile, and what clients should not have been told */
export async function watchServers(scene: Scene): Promise<() => Promise<string[]>> {
  const before = await starts(scene);
  return async () => {
    const after = await starts(scene);
    const ended = [...before].filter(([pod, start]) => after.get(pod) !== start);
    return [...(complaints.get(scene) ?? []), ...ended.map(([pod]) => `the server of ${pod} ended`)];
  };
}

/** Which start of its server's container each pod is at. */
async function starts({ kubectl, namespace, pods, engine }: Scene): Promise<Map<string, string>> {
  const found = await Promise.all(
    pods.map(async (name) => [name, await kubectl.get<Pod>("pod", name, namespace)] as const),
  );
  return new Map(
    found.map(([name, pod]) => {
      const server = pod?.status.containerStatuses?.find((one) => one.name === engine.container);
      return [name, `${pod?.metadata.uid ?? "none"} ${server?.restartCount ?? 0}`];
    }),
  );
}
